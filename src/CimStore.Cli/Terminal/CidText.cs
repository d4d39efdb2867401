using CimStore.Content;

namespace CimStore.Cli.Terminal;

/// <summary>CIDs as people give them: one an argument, or many a line on standard input (`-`).</summary>
internal static class CidText
{
    /// <summary>A line of input longer than this is not a CID with a path behind it.</summary>
    private const int LineLengthMax = 16 * 1024;

    public static Cid Parse(string text) => Cid.TryParse(text.AsSpan(), out var cid, out var reason)
        ? cid
        : throw CliException.Usage($"'{LineEscape.Escape(Shorten(text))}' is not a CID: {reason}");

    /// <summary>All are read and checked before the first is used, so that a typing error changes nothing.</summary>
    public static async Task<List<Cid>> ParseAllAsync(string[] texts, CancellationToken cancellationToken)
    {
        var cids = new List<Cid>(texts.Length);
        foreach (var text in texts)
        {
            if (text == "-")
            {
                await ReadLinesAsync(cids, cancellationToken);
            }
            else
            {
                cids.Add(Parse(text));
            }
        }

        return cids;
    }

    private static async Task ReadLinesAsync(List<Cid> cids, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(StandardInput.Open());
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            // What `put` and `name ls` print can be given as it is: the CID is the first column.
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            var text = (tab < 0 ? line : line[..tab]).Trim();
            if (text.Length is > 0 and <= LineLengthMax)
            {
                cids.Add(Parse(text));
            }
            else if (text.Length > 0)
            {
                throw CliException.Usage("A line of standard input is too long to be a CID.");
            }
        }
    }

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "...";
}
