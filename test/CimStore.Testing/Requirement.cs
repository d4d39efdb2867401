using System.Diagnostics.CodeAnalysis;
using Xunit;

namespace CimStore.Testing;

/// <summary>What a test needs of the machine and may not be there.</summary>
public static class Requirement
{
    /// <summary>Skips the test with the reason; under <c>CI=true</c> fails it, so that a green run has run everything.
    /// </summary>
    [DoesNotReturn]
    public static void Missing(string reason)
    {
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
    }

    /// <summary>The programs, each with the Debian package that has it.</summary>
    public static void Programs(params ReadOnlySpan<(string Program, string Package)> programs)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var missing = new List<string>();
        foreach (var (program, package) in programs)
        {
            if (!folders.Any(folder => File.Exists(Path.Combine(folder, program))))
            {
                missing.Add(package);
            }
        }

        if (missing.Count > 0)
        {
            Missing($"Not installed: {string.Join(' ', missing)} (packages of Debian's).");
        }
    }
}
