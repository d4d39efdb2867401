using System.Text;

namespace CimStore.Cli.Terminal;

/// <summary>
/// The command line as the bytes it is. The runtime hands over each byte that is not UTF-8 as U+FFFD, from which no
/// name of a file can be found again; the kernel still has the bytes.
/// </summary>
internal static class RawArguments
{
    private const string CommandLine = "/proc/self/cmdline";

    /// <returns>The arguments, those that are not UTF-8 in the form of <see cref="RawName"/>.</returns>
    public static string[] Restore(string[] args)
    {
        if (!args.Any(static argument => argument.Contains('\uFFFD', StringComparison.Ordinal)))
        {
            return args;
        }

        return Restore(args, File.ReadAllBytes(CommandLine));
    }

    /// <param name="args">As the runtime gave them.</param>
    /// <param name="commandLine">Each ended by NUL; before ours stand the program and what its host needs.</param>
    public static string[] Restore(string[] args, ReadOnlySpan<byte> commandLine)
    {
        var raw = new List<byte[]>();
        while (commandLine.IndexOf((byte)0) is >= 0 and var end)
        {
            raw.Add(commandLine[..end].ToArray());
            commandLine = commandLine[(end + 1)..];
        }

        var first = raw.Count - args.Length;
        return
        [
            .. args.Select((argument, index) =>
                first >= 0 && Encoding.UTF8.GetString(raw[first + index]) == argument
                    ? RawName.Text(raw[first + index])
                    : argument),
        ];
    }
}
