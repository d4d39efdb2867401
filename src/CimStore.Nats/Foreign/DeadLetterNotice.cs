using System.Text;
using CimStore.Content;
using CimStore.Http;
using CimStore.Nats.Commands;
using NATS.Client.Core;

namespace CimStore.Nats.Foreign;

/// <summary>What is told of an event that did not take effect.</summary>
/// <param name="Id">Of the letter on the disk, or made of the event where there is none; the same each time.</param>
internal sealed record DeadLetterNotice(string Id, string Subject, string Code, string Reason)
{
    private const int TextMax = 512;
    private const string IdHeader = "X-Dead-Letter-ID";

    public string? Rule { get; init; }

    /// <summary>Whether the node keeps it: else this is all that is left of it.</summary>
    public bool IsKept { get; init; }

    public string? CommandId { get; init; }

    public string? CorrelationId { get; init; }

    public static DeadLetterNotice Of(
        string subject, ReadOnlyMemory<byte> body, WireTypes.ForeignAcknowledgement rejected) =>
        new(rejected.DeadLetter ?? IdOf(subject, body.Span), subject, rejected.Code ?? "rejected",
            rejected.Reason ?? "")
        {
            Rule = rejected.Rule,
            IsKept = rejected.DeadLetter is not null,
            CommandId = rejected.CommandId.ToString(),
            CorrelationId = rejected.CorrelationId.ToString(),
        };

    public static DeadLetterNotice Of(string subject, ReadOnlyMemory<byte> body, Problem problem) =>
        new(IdOf(subject, body.Span), subject, problem.Code, problem.Detail);

    public NatsHeaders Headers(bool hasBody)
    {
        var headers = new NatsHeaders
        {
            [CommandHeaders.DeduplicationId] = Id,
            [IdHeader] = Id,
            ["X-Subject"] = Escape(Subject),
            ["X-Code"] = Code,
            ["X-Reason"] = Escape(Reason),
            ["X-Kept"] = IsKept ? "true" : "false",
            ["X-Body-Omitted"] = hasBody ? "false" : "true",
        };
        Add(headers, "X-Rule", Rule is null ? null : Escape(Rule));
        Add(headers, CommandHeaders.CommandId, CommandId);
        Add(headers, CommandHeaders.CorrelationId, CorrelationId);
        return headers;
    }

    /// <summary>A header holds plain ASCII; what is beyond it, and %, is percent-encoded.</summary>
    internal static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var letter in Encoding.UTF8.GetBytes(text.Length > TextMax ? text[..TextMax] : text))
        {
            if (letter is >= 0x20 and < 0x7f and not (byte)'%')
            {
                escaped.Append((char)letter);
            }
            else
            {
                escaped.Append('%').Append(letter.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return escaped.ToString().Trim();
    }

    private static void Add(NatsHeaders headers, string name, string? text)
    {
        if (text is not null)
        {
            headers[name] = text;
        }
    }

    private static string IdOf(string subject, ReadOnlySpan<byte> body)
    {
        var hasher = new Blake3Hasher();
        hasher.Update(Encoding.UTF8.GetBytes(subject));
        hasher.Update([0]);
        hasher.Update(body);
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        hasher.Finish(digest);
        return Convert.ToHexStringLower(digest[..16]);
    }
}
