using System.Buffers;
using System.Buffers.Binary;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

// Writing: every shard to its own directory, all at once.
public sealed partial class PoolLocation
{
    private const int IncarnationRandomBits = 20;

    /// <summary>A millisecond and some chance: no two copies of one content get the same here.</summary>
    internal ulong NextIncarnation()
    {
        Span<byte> id = stackalloc byte[16];
        _ids.Next().Value.TryWriteBytes(id, bigEndian: true, out _);
        var milliseconds = BinaryPrimitives.ReadUInt64BigEndian(id) >> 16;
        var chance = BinaryPrimitives.ReadUInt32BigEndian(id[12..]) & ((1u << IncarnationRandomBits) - 1);
        return (milliseconds << IncarnationRandomBits) | chance;
    }

    /// <summary>Writes a copy that fits the shard logs.</summary>
    /// <returns>How many shards are durable.</returns>
    internal async ValueTask<int> WriteRecordsAsync(
        ShardDirectory?[] directories, CopyManifest manifest, ReadOnlyMemory<byte> content)
    {
        var shape = new ShardDescription(
            manifest, Now, _options.DataShards, _options.ParityShards, 0, _options.BlockBytes, Guid.Empty, 0);
        var cellBytes = content.IsEmpty ? 0 : shape.Content.CellBytes(0);
        var stripe = ArrayPool<byte>.Shared.Rent(Math.Max(1, _options.TotalShards * cellBytes));
        try
        {
            var filled = stripe.AsSpan(0, _options.TotalShards * cellBytes);
            content.Span.CopyTo(filled);
            filled[content.Length..].Clear();
            _code.Encode(filled, cellBytes, cellBytes);

            // Not cancellable: the logs read the buffer until the last of them is done.
            var writes = Enumerable.Range(0, directories.Length).Select(index => WriteRecordAsync(
                directories[index], shape with { Index = index }, stripe.AsMemory(index * cellBytes, cellBytes)));
            var failures = await Task.WhenAll(writes);
            var written = failures.Count(static failure => failure is null);
            return written >= WriteQuorum
                ? written
                : throw NoQuorum(written, failures.OfType<LocationException>().LastOrDefault());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stripe);
        }
    }

    /// <summary>Gives up what was written of a copy that failed. What cannot be is garbage that is found.</summary>
    internal async ValueTask TryReleaseAsync(ContentKey key, ulong incarnation)
    {
        try
        {
            await ReleaseAsync(key, incarnation, CancellationToken.None);
        }
        catch (LocationException)
        {
            // The failure that matters is already on its way.
        }
    }

    internal LocationException NoQuorum(int written, Exception? cause) => new(
        (cause as LocationException)?.Fault is LocationFault.Full ? LocationFault.Full : LocationFault.Offline,
        $"The pool {Id} could write {written} of {_options.TotalShards} shards and needs {WriteQuorum}; the copy is "
        + $"not there. {cause?.Message}",
        cause);

    /// <returns>Why it failed, or null.</returns>
    private static async Task<LocationException?> WriteRecordAsync(
        ShardDirectory? directory, ShardDescription shard, ReadOnlyMemory<byte> cell)
    {
        if (directory is null)
        {
            return new LocationException(LocationFault.Offline, $"The directory of shard {shard.Index} is not in use.");
        }

        try
        {
            await directory.CommitAsync(ShardWrite.Shard(shard, cell), CancellationToken.None);
            return null;
        }
        catch (LocationException failure)
        {
            return failure;
        }
        catch (Files.DiskException failure)
        {
            return Faults.Translate(failure);
        }
    }
}
