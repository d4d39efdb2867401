using System.IO.Pipelines;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Engine;

namespace CimStore.Cli.Storage;

/// <summary>Reading content out of a store, the same way for `get` and `cat`.</summary>
internal static class Contents
{
    public static async Task CopyAsync(
        IStorageClient client, Cid cid, ByteRange range, PipeWriter destination, CancellationToken cancellationToken)
    {
        await using var reader = await client.OpenAsync(cid, RetrieveRequest.Default, cancellationToken)
            ?? throw NotHere(cid);
        var (offset, length) = range.Within(reader.Record.SizeBytes);
        await reader.CopyToAsync(destination, offset, length, cancellationToken);
    }

    public static CliException NotHere(Cid cid) => CliException.NotFound(
        $"{cid} is not here. 'cimstore ls' lists what is; --data or --server may point to another store.");
}
