using System.Diagnostics.CodeAnalysis;

namespace CimStore.Translation;

/// <summary>
/// Which subjects a rule takes, as NATS writes it: tokens between dots, <c>*</c> for one token of any kind, <c>&gt;</c>
/// at the end for one or more.
/// </summary>
public sealed class SubjectPattern
{
    public const int LengthMax = 255;

    /// <summary>One subject or pattern has at most so many tokens: matching stays a look at each.</summary>
    public const int TokensMax = 32;

    private const string AnyOne = "*";
    private const string AnyRest = ">";

    private readonly string[] _tokens;

    private SubjectPattern(string text, string[] tokens) => (Text, _tokens) = (text, tokens);

    public string Text { get; }

    private bool TakesRest => _tokens[^1] == AnyRest;

    /// <param name="text">As <c>billing.*.InvoiceFinalised</c>.</param>
    /// <param name="pattern">The pattern, when it is one.</param>
    /// <param name="reason">Why it is none.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out SubjectPattern? pattern, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = text.Split('.');
        reason = WhyNoTokens(text, tokens);
        var stray = Array.FindIndex(
            tokens, token => token.AsSpan().ContainsAny('*', '>') && token is not (AnyOne or AnyRest));
        if (reason is null && stray >= 0)
        {
            reason = $"* and > stand for whole tokens, not for a part of \"{tokens[stray]}\"";
        }
        else if (reason is null && Array.IndexOf(tokens, AnyRest) is >= 0 and var rest && rest < tokens.Length - 1)
        {
            reason = "> can only be the last token";
        }

        pattern = reason is null ? new SubjectPattern(text, tokens) : null;
        return pattern is not null;
    }

    /// <returns>Why the text is no subject that a message can have; null when it is one.</returns>
    public static string? WhyNoSubject(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = text.Split('.', TokensMax + 2);
        return WhyNoTokens(text, tokens)
            ?? (text.AsSpan().ContainsAny('*', '>') ? "a subject has no wildcards: * and > are for rules" : null);
    }

    /// <param name="subject">One that <see cref="WhyNoSubject"/> has nothing against.</param>
    public bool Matches(string subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return Takes(subject.Split('.'));
    }

    /// <summary>Whether every subject that <paramref name="other"/> takes is taken by this one too.</summary>
    public bool Covers(SubjectPattern other)
    {
        ArgumentNullException.ThrowIfNull(other);

        // A token that is no wildcard of ours can only be the same token there; wildcards there are wider than it.
        return Takes(other._tokens) && (TakesRest || !other.TakesRest);
    }

    public override string ToString() => Text;

    private bool Takes(string[] tokens)
    {
        var count = TakesRest ? _tokens.Length - 1 : _tokens.Length;
        if (TakesRest ? tokens.Length <= count : tokens.Length != count)
        {
            return false;
        }

        for (var index = 0; index < count; index++)
        {
            // A > over there may stand for several tokens: only a > of ours takes it, and that was cut off above.
            if (tokens[index] == AnyRest || (_tokens[index] != AnyOne && _tokens[index] != tokens[index]))
            {
                return false;
            }
        }

        return true;
    }

    private static string? WhyNoTokens(string text, string[] tokens) => text.Length is 0 or > LengthMax
        ? $"it has {text.Length} characters; 1..{LengthMax} are allowed"
        : tokens.Length > TokensMax
            ? $"it has more than {TokensMax} tokens"
            : Array.Exists(tokens, token => token.Length == 0)
                ? "it has an empty token: dots stand between tokens"
                : text.Any(symbol => char.IsWhiteSpace(symbol) || char.IsControl(symbol) || char.IsSurrogate(symbol))
                    ? "it has white space, a control character, or one beyond the basic plane"
                    : null;
}
