using System.Text;
using System.Text.Json;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>What a run of the executable left.</summary>
public sealed record CliResult(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);

    public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The first column of the last line.</summary>
    public string Cid => Lines[^1].Split('\t')[0];

    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Lines[^1]);
            return document.RootElement.Clone();
        }
    }

    public CliResult Ok()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Error}");
        return this;
    }

    /// <summary>The command failed as it should: with that code, and one line that a person can use.</summary>
    public CliResult Fails(int exitCode, string because)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode} instead of {exitCode}: {Error}{Text}");
        Assert.Contains(because, Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        return this;
    }
}
