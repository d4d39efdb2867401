using CimStore.Translation;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Translation;

public sealed class SubjectPatternTests
{
    private static readonly Gen<string> Subjects =
        Gen.OneOf("a", "b", "c").Array[1, 4].Select(tokens => string.Join('.', tokens));

    private static readonly Gen<string> Patterns = Gen.Select(
        Gen.OneOf("a", "b", "*").Array[0, 3], Gen.Bool,
        (tokens, hasRest) => string.Join('.', hasRest || tokens.Length == 0 ? [.. tokens, ">"] : tokens));

    [Theory]
    [InlineData("a.b", "a.b", true)]
    [InlineData("a.b", "a.b.c", false)]
    [InlineData("a.*", "a.b", true)]
    [InlineData("a.*", "a", false)]
    [InlineData("a.*.c", "a.b.c", true)]
    [InlineData("a.>", "a.b.c", true)]
    [InlineData("a.>", "a", false)]
    [InlineData(">", "a", true)]
    [InlineData("A.b", "a.b", false)]
    public void Matching_is_that_of_NATS(string pattern, string subject, bool matches) =>
        Assert.Equal(matches, Parsed(pattern).Matches(subject));

    [Theory]
    [InlineData("")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a b")]
    [InlineData("a.>.b")]
    [InlineData("a.b*")]
    [InlineData("a\u0001")]
    public void What_is_no_pattern_is_refused_with_the_reason(string text)
    {
        Assert.False(SubjectPattern.TryParse(text, out var pattern, out var reason));
        Assert.Null(pattern);
        Assert.NotEmpty(reason);
    }

    [Fact]
    public void A_subject_has_no_wildcards_and_a_length()
    {
        Assert.Null(SubjectPattern.WhyNoSubject("a.b-c_d.$e"));
        Assert.NotNull(SubjectPattern.WhyNoSubject("a.*"));
        Assert.NotNull(SubjectPattern.WhyNoSubject(new string('a', SubjectPattern.LengthMax + 1)));
        Assert.NotNull(SubjectPattern.WhyNoSubject(
            string.Join('.', Enumerable.Repeat("a", SubjectPattern.TokensMax + 1))));
    }

    [Fact]
    public void What_covers_another_takes_all_that_it_takes() =>
        Gen.Select(Patterns, Patterns, Subjects).Sample((wide, narrow, subject) =>
            !Parsed(wide).Covers(Parsed(narrow)) || !Parsed(narrow).Matches(subject) || Parsed(wide).Matches(subject));

    /// <summary>Over all subjects of up to five tokens of which each stands for one kind of token.</summary>
    [Fact]
    public void What_does_not_cover_another_misses_a_subject_of_it()
    {
        var all = Enumerable.Range(1, 5).SelectMany(Words).ToList();
        Gen.Select(Patterns, Patterns).Sample((wide, narrow) =>
            Parsed(wide).Covers(Parsed(narrow))
            || all.Exists(subject => Parsed(narrow).Matches(subject) && !Parsed(wide).Matches(subject)));
    }

    private static IEnumerable<string> Words(int length) => length == 0
        ? [""]
        : from rest in Words(length - 1)
          from token in new[] { "a", "b", "other" }
          select rest.Length == 0 ? token : $"{rest}.{token}";

    private static SubjectPattern Parsed(string text) =>
        SubjectPattern.TryParse(text, out var pattern, out var reason) ? pattern : throw new FormatException(reason);
}
