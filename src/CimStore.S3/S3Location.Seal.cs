using System.Buffers.Binary;
using CimStore.Locations;

namespace CimStore.S3;

// Making a copy of what was spooled.
public sealed partial class S3Location
{
    /// <summary>Milliseconds since 1970 above, chance below: no two copies are made with the same one.</summary>
    private const int IncarnationRandomBits = 20;

    internal async ValueTask<SealedCopy> SealAsync(
        CopyManifest manifest, S3Spool content, S3Spool tree, CancellationToken cancellationToken)
    {
        var probed = await ReadyAsync(cancellationToken);
        RequireRoom(content.SizeBytes + tree.SizeBytes);
        if (content.Parts.Count > 1 && probed.Can(S3Abilities.ListsUploads)
            && await _sender.TakeLeftAsync(manifest.Key.Cid, cancellationToken) is var (left, incarnation))
        {
            try
            {
                var goesOn = Describe(manifest, incarnation, content, tree);
                if (await SendAsync(goesOn, content, tree, left, probed, cancellationToken))
                {
                    return Sealed(goesOn);
                }
            }
            finally
            {
                _sender.Leave(left);
            }
        }

        var description = Describe(manifest, NextIncarnation(), content, tree);
        return await SendAsync(description, content, tree, null, probed, cancellationToken)
            ? Sealed(description)
            : throw new LocationException(
                LocationFault.Unknown,
                $"The location {Id} lost the upload of {manifest.Key.Cid}: somebody else completed it or gave it up. "
                + "It may or may not be there.");
    }

    /// <returns>False when an upload that somebody began is of no use or gone: it is begun anew.</returns>
    private async ValueTask<bool> SendAsync(
        S3Description description, S3Spool content, S3Spool tree, S3Upload? left, S3Probed probed,
        CancellationToken cancellationToken)
    {
        var (cid, incarnation) = (description.Manifest.Key.Cid, description.Manifest.Incarnation);
        var metadata = description.Write();
        var isNewAsked = probed.Can(S3Abilities.HonoursIfNoneMatch);
        if (description.HasTree)
        {
            // Before the content, which says that the copy is there. One that somebody left is the same, and replaced.
            await _sender.SendAsync(
                _keys.Tree(cid, incarnation), tree, metadata, null, isNewAsked && left is null, cancellationToken);
        }

        // Before it is sent: what fails half-way may be there.
        Interlocked.Add(ref _changedBytes, description.StoredBytes + description.TreeBytes);
        var key = _keys.Content(cid, incarnation);
        var tag = await _sender.SendAsync(key, content, metadata, left, isNewAsked, cancellationToken);
        var found = await _bucket.HeadAsync(key, cancellationToken);
        if (found is null && tag is null)
        {
            return false;
        }

        var why = WhyOther(description, found, probed);
        if (why is null)
        {
            return true;
        }

        await DeleteAsync(key, probed, cancellationToken);
        return left is not null
            ? false
            : throw new LocationException(
                LocationFault.Offline,
                $"The location {Id} does not keep what it is given: {why} The copy of {cid} was removed again.");
    }

    /// <summary>Compares what the server has with what it was given; when it was begun may differ.</summary>
    private static string? WhyOther(S3Description given, S3Object? found, S3Probed probed)
    {
        if (found is null)
        {
            return "the object is not there after it was stored.";
        }

        var said = found.Describe(given.Manifest.Key.Cid, given.Manifest.Incarnation, out var fault);
        if (said is null)
        {
            return fault;
        }

        if (said with { Created = given.Created } != given)
        {
            return "its metadata is not what was sent.";
        }

        // Of several parts each was compared when it was sent; not every server makes the ETag of all as AWS does.
        return probed.Can(S3Abilities.TagsByMd5) && !given.Tag.Contains('-') && found.Tag != given.Tag
            ? $"its MD5 is {found.Tag}, and {given.Tag} was sent."
            : null;
    }

    private static SealedCopy Sealed(S3Description description) =>
        new(description.Manifest.Incarnation, 1, description.Manifest.Header, true);

    private S3Description Describe(CopyManifest manifest, ulong incarnation, S3Spool content, S3Spool tree)
    {
        var hasTree = manifest.SizeBytes > InlineSizeMaxBytes;
        return new S3Description(
            manifest with { Incarnation = incarnation, StoredBytes = StoredOf(manifest) },
            DateTimeOffset.FromUnixTimeMilliseconds(_time.GetUtcNow().ToUnixTimeMilliseconds()),
            hasTree ? tree.SizeBytes : 0,
            hasTree ? Md5Digest.TagOf(tree.Parts) : null,
            content.PartBytes,
            tree.PartBytes,
            Md5Digest.TagOf(content.Parts));
    }

    private static long? StoredOf(CopyManifest manifest) =>
        manifest.StoredBytes == manifest.SizeBytes ? null : manifest.StoredBytes;

    private ulong NextIncarnation()
    {
        Span<byte> id = stackalloc byte[16];
        _ids.Next().Value.TryWriteBytes(id, bigEndian: true, out _);
        var milliseconds = BinaryPrimitives.ReadUInt64BigEndian(id) >> 16;
        var chance = BinaryPrimitives.ReadUInt32BigEndian(id[12..]) & ((1u << IncarnationRandomBits) - 1);
        return (milliseconds << IncarnationRandomBits) | chance;
    }
}
