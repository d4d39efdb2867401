using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Testing.Contracts;

/// <summary>Contents and calls that the contract suites share.</summary>
public static class Samples
{
    /// <summary>Sizes at which something changes: chunks, groups, runs, the inline limit, the size matrix.</summary>
    public static IReadOnlyList<int> BoundarySizes { get; } =
    [
        0, 1, 63, 64, 65, 1023, 1024, 1025, 16_383, 16_384, 16_385, 262_143, 262_144, 262_145,
        1_048_575, 1_048_576, 1_048_577, 2_097_152, 3_000_001,
    ];

    public static byte[] Bytes(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static Cid CidOf(byte[] content)
    {
        var digest = new byte[Blake3.HashSizeBytes];
        Blake3.Hash(content, digest);
        return Cid.ForRaw(digest);
    }

    public static ValueTask<StoreResult> StoreAsync(
        this IStorageClient client, byte[] content, CancellationToken cancellationToken,
        StoreRequest? request = null) =>
        client.StoreAsync(
            PipeReader.Create(new MemoryStream(content)), request ?? StoreRequest.Default, cancellationToken);

    /// <returns>The bytes; null when the content is not here.</returns>
    public static async Task<byte[]?> ReadAsync(
        this IStorageClient client, Cid cid, CancellationToken cancellationToken, long offset = 0,
        long length = long.MaxValue)
    {
        await using var reader = await client.OpenAsync(cid, RetrieveRequest.Default, cancellationToken);
        if (reader is null)
        {
            return null;
        }

        var received = new MemoryStream();
        var writer = PipeWriter.Create(received, new StreamPipeWriterOptions(leaveOpen: true));
        await reader.CopyToAsync(writer, offset, length, cancellationToken);
        await writer.CompleteAsync();
        return received.ToArray();
    }

    public static CommandIdentity Identity(MessageId id) => new(id, null, null, null);

    public static async Task<List<T>> ListAsync<T>(
        this IAsyncEnumerable<T> items, CancellationToken cancellationToken)
    {
        var list = new List<T>();
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            list.Add(item);
        }

        return list;
    }
}
