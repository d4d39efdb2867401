using System.Text;
using System.Text.RegularExpressions;
using CimStore.Policies;
using CimStore.Translation;
using Xunit;

namespace CimStore.Tests.Translation;

/// <summary>Rule files that tests write inline, and the one of docs/translation.md.</summary>
internal static class RuleTexts
{
    /// <summary>The least that a rule needs beside what a test is about.</summary>
    public const string Retrieve =
        """[{ "command": "retrieve", "cid": { "at": "/cid" } }]""";

    public static string Documentation { get; } = File.ReadAllText(Document("translation.md"));

    public static string Example { get; } = Block("jsonc");

    public static string ExampleEvent { get; } = Block("json");

    public static string Document(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CimStore.slnx")))
        {
            folder = folder.Parent!;
        }

        return Path.Combine(folder.FullName, "docs", name);
    }

    public static RuleReading Reading(string text) => RuleReader.Read(Encoding.UTF8.GetBytes(text));

    public static TranslationRules Rules(string text)
    {
        var reading = Reading(text);
        Assert.Empty(reading.Findings.Where(finding => finding.Severity == PolicySeverity.Error));
        return reading.Rules!;
    }

    /// <summary>A file of one rule for the subject <c>a.b</c>.</summary>
    public static string OneRule(string commands, string more = "", string consistency = "{}") =>
        $$"""
        { "version": 1, "consistency": {{consistency}}, "rules": [{ "name": "one", "subject": "a.b", {{more}}
          "identity": { "message": { "at": "/id", "optional": true } },
          "commands": {{commands}} }] }
        """;

    private static string Block(string language) =>
        Regex.Match(Documentation, $"^```{language}\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)
            .Groups[1].Value;
}
