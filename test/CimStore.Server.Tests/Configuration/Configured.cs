using System.Runtime.CompilerServices;
using System.Text;
using CimStore.Server.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

/// <summary>Configuration files that tests write inline, read as if they lay in <see cref="Folder"/>.</summary>
internal static class Configured
{
    public const string Folder = "/nonexistent/etc";

    public const string Log = """{ "id": "hot", "kind": "log", "tier": "hot" }""";

    public static string Documents([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs"));

    /// <summary>The example of docs/configuration.md.</summary>
    public static string Example()
    {
        var lines = File.ReadLines(Path.Combine(Documents(), "configuration.md"));
        return string.Join(
            '\n', lines.SkipWhile(line => line != "```jsonc").Skip(1).TakeWhile(line => line != "```"));
    }

    public static NodeConfiguration Read(string json, Func<string, ulong?>? deviceOf = null) =>
        ConfigurationFile.Parse(Folder + "/node.json", Encoding.UTF8.GetBytes(json), deviceOf ?? EachItsOwn());

    public static NodeConfiguration WithLocations(params string[] locations) =>
        Read($"{{ \"locations\": [{string.Join(", ", locations)}] }}");

    /// <summary>The errors without the file, as <c>2:5: $.policy: ...</c>.</summary>
    public static string[] Errors(string json)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read(json));
        return [.. refused.Findings.Where(finding => finding.IsError)
            .Select(finding => finding.ToString()[(Folder.Length + "/node.json:".Length)..])];
    }

    public static string[] ErrorsOfLocations(params string[] locations) =>
        Errors($"{{ \"locations\": [{string.Join(", ", locations)}] }}");

    public static string Pool(int data, int parity, string directories, string more = "") =>
        $$"""
        { "id": "pool", "kind": "pool", "tier": "warm", "dataShards": {{data}}, "parityShards": {{parity}},
          {{more}} "sets": [[{{directories}}]] }
        """;

    /// <summary>Every directory on a device of its own.</summary>
    public static Func<string, ulong?> EachItsOwn()
    {
        var known = new List<string>();
        return path =>
        {
            known.Add(path);
            return (ulong)known.Count;
        };
    }
}
