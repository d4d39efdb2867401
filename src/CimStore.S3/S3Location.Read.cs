using System.Security.Cryptography;
using CimStore.Locations;

namespace CimStore.S3;

// Reading: a request for each range, and nothing that is shorter or other than what was asked for.
public sealed partial class S3Location
{
    private const int InspectBlockBytes = 1 << 20;

    public async ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        if (copy.Location != Id)
        {
            return null;
        }

        await RequireOursAsync(cancellationToken);
        var name = _keys.Content(key.Cid, copy.Incarnation);
        if (destination.IsEmpty)
        {
            return await _bucket.HeadAsync(name, cancellationToken) is null ? null : 0;
        }

        if (await _bucket.ReadAsync(name, offset, destination, cancellationToken) is not var (bytes, read))
        {
            await _bucket.RequireStillAsync(cancellationToken);
            return null;
        }

        if (read is not null)
        {
            RequireOurs(key, copy.Incarnation, read);
        }

        return bytes;
    }

    public async ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        if (copy.Location != Id)
        {
            return null;
        }

        await RequireOursAsync(cancellationToken);
        if (!destination.IsEmpty
            && await _bucket.ReadAsync(_keys.Tree(key.Cid, copy.Incarnation), offset, destination, cancellationToken)
                is var (bytes, _))
        {
            return bytes;
        }

        // Without a tree the content says whether there should be one.
        if (await FindAsync(key, copy, cancellationToken) is not { } found)
        {
            return null;
        }

        var description = found.Describe(key.Cid, copy.Incarnation, out var fault);
        return description switch
        {
            { HasTree: false } => null,
            { HasTree: true } when destination.IsEmpty => 0,
            _ => throw new IntegrityException(
                $"The copy of {key.Cid} at {Id} has no tree. {fault ?? "It was written with one."}"),
        };
    }

    public async ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await FindAsync(key, copy, cancellationToken) is not { } found
            ? null
            : Held(key, copy.Incarnation, found);
    }

    public async ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (await FindAsync(key, copy, cancellationToken) is not { } found)
        {
            return null;
        }

        if (found.Describe(key.Cid, copy.Incarnation, out var fault) is not { } description)
        {
            return new CopyCondition(1, 0, 1, [fault!], 0);
        }

        if (found.Archived is { } archived)
        {
            throw new LocationException(
                LocationFault.Offline, $"The copy of {key.Cid} at {Id} cannot be read now: {archived}");
        }

        var content = await InspectAsync(
            _keys.Content(key.Cid, copy.Incarnation), description.StoredBytes, description.PartBytes, description.Tag,
            pace, cancellationToken);
        var tree = description.HasTree
            ? await InspectAsync(
                _keys.Tree(key.Cid, copy.Incarnation), description.TreeBytes, description.TreePartBytes,
                description.TreeTag!, pace, cancellationToken)
            : default;
        var faults = new[] { content.Fault, tree.Fault }.OfType<string>().ToArray();
        if (faults.Length > 0 && await FindAsync(key, copy, cancellationToken) is null)
        {
            // Given up while it was read.
            return null;
        }

        return new CopyCondition(1, faults.Length == 0 ? 1 : 0, 1, [.. faults], content.Bytes + tree.Bytes);
    }

    /// <summary>One place has nothing to make a damaged copy from: it is looked at, as by an inspection.</summary>
    public ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        InspectAsync(key, copy, pace, cancellationToken);

    private async ValueTask<S3Object?> FindAsync(ContentKey key, Copy copy, CancellationToken cancellationToken)
    {
        if (copy.Location != Id)
        {
            return null;
        }

        await RequireOursAsync(cancellationToken);
        return await _bucket.HeadAsync(_keys.Content(key.Cid, copy.Incarnation), cancellationToken);
    }

    private HeldCopy Held(ContentKey key, ulong incarnation, S3Object found)
    {
        var description = found.Describe(key.Cid, incarnation, out var fault);
        return description is null
            ? new HeldCopy(new CopyManifest(key, 0, default) { Incarnation = incarnation }, DateTimeOffset.UnixEpoch, 0)
            {
                Fault = $"The object at {Id} does not say what it is: {fault}",
            }
            : new HeldCopy(description.Manifest, description.Created, 1);
    }

    private void RequireOurs(ContentKey key, ulong incarnation, S3Object found)
    {
        if (found.Describe(key.Cid, incarnation, out var fault) is null)
        {
            throw new IntegrityException($"The copy of {key.Cid} at {Id} is not what it was: {fault}");
        }
    }

    private async ValueTask<(long Bytes, string? Fault)> InspectAsync(
        string name, long size, long partBytes, string tag, IReadPace? pace, CancellationToken cancellationToken)
    {
        var block = System.Buffers.ArrayPool<byte>.Shared.Rent(InspectBlockBytes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var parts = new List<Md5Digest>();
        try
        {
            long offset = 0;
            long ofPart = 0;
            while (offset < size)
            {
                var wanted = (int)Math.Min(Math.Min(InspectBlockBytes, partBytes - ofPart), size - offset);
                await (pace?.TakeAsync(wanted, cancellationToken) ?? ValueTask.CompletedTask);
                var read = await _bucket.ReadAsync(name, offset, block.AsMemory(0, wanted), cancellationToken);
                if (read?.Bytes != wanted)
                {
                    return (offset, $"{name} at {Id} lacks bytes from {offset} on.");
                }

                hash.AppendData(block, 0, wanted);
                (offset, ofPart) = (offset + wanted, ofPart + wanted);
                if (ofPart == partBytes || offset == size)
                {
                    parts.Add(Md5Digest.Take(hash));
                    ofPart = 0;
                }
            }

            parts.AddRange(parts.Count == 0 ? [Md5Digest.Of([])] : []);
            var found = Md5Digest.TagOf(parts);
            return (size, found == tag ? null : $"The MD5 of {name} at {Id} is {found}, and it was written as {tag}.");
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(block);
        }
    }
}
