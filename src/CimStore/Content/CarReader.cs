using System.Buffers;
using System.Collections.Immutable;
using System.IO.Pipelines;

namespace CimStore.Content;

/// <summary>
/// Reads a CAR of version 1 or 2 forward, once, and verifies every block against its name. Call
/// <see cref="NextAsync"/>, then read, copy or leave the block; a block that is left is verified all the same.
/// </summary>
/// <remarks>
/// Every refusal is a <see cref="ContentFormatException"/> with the offset in the file. A refusal may come late: blocks
/// before it were verified and are good, but the archive is not complete.
/// </remarks>
public sealed class CarReader : IAsyncDisposable
{
    private const string Format = "CAR";

    /// <summary>A length and a usual CID; longer ones are looked at a second time.</summary>
    private const int PeekSize = 64;

    private const int PeekSizeMax = UnsignedVarint.SizeMax + Cid.ByteLengthMax;

    private readonly PipeReader _pipe;
    private readonly ContentInput _input;
    private readonly CarReaderOptions _options;
    private readonly byte[] _peek = new byte[PeekSizeMax];
    private ContentHasher? _hasher;
    private CarSection? _current;
    private bool _isPending;

    private CarReader(PipeReader pipe, CarReaderOptions options)
    {
        _pipe = pipe;
        _input = new ContentInput(pipe);
        _options = options;
    }

    public CarFormat Version { get; private set; } = CarFormat.V1;

    /// <summary>The names that the archive was made for; they need not be in it, and there may be none.</summary>
    public ImmutableArray<Cid> Roots { get; private set; } = [];

    /// <summary>Null for version 1.</summary>
    public CarV2Header? Header { get; private set; }

    /// <summary>How far the archive has been read.</summary>
    public long Offset => _input.Offset;

    /// <summary>Reads the headers. The reader completes the pipe when it is disposed.</summary>
    /// <exception cref="ContentFormatException">This is not a CAR, or not one we read.</exception>
    public static async ValueTask<CarReader> OpenAsync(
        PipeReader input, CarReaderOptions options, CancellationToken cancellationToken)
    {
        var reader = new CarReader(input, options);
        await reader.ReadHeadersAsync(cancellationToken);
        return reader;
    }

    /// <returns>The next section, or null at the end of the archive.</returns>
    /// <exception cref="ContentFormatException">The archive is cut off or breaks a rule.</exception>
    public async ValueTask<CarSection?> NextAsync(CancellationToken cancellationToken)
    {
        if (_isPending)
        {
            await PumpBlockAsync(output: null, cancellationToken);
        }

        _current = null;
        if (await _input.IsAtEndAsync(cancellationToken))
        {
            await FinishAsync(cancellationToken);
            return null;
        }

        _current = await ReadSectionAsync(cancellationToken);
        _isPending = true;
        return _current;
    }

    /// <summary>Reads the block of the current section into memory, and verifies it.</summary>
    public async ValueTask<CarBlock> ReadBlockAsync(CancellationToken cancellationToken)
    {
        var section = RequirePending();
        if (section.BlockSizeBytes > _options.BlockInMemoryMax)
        {
            throw Refuse(
                section.Offset,
                $"a block of {section.BlockSizeBytes} bytes is longer than {_options.BlockInMemoryMax} bytes");
        }

        var size = (int)section.BlockSizeBytes;
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var count = await _input.ReadAsync(rented.AsMemory(0, size), cancellationToken);
            _isPending = false;
            ThrowIfCut(section, count);
            ThrowIfMismatch(section, section.Cid.Verify(rented.AsSpan(0, size)));
            return new CarBlock(section, rented, size);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(rented);
            throw;
        }
    }

    /// <summary>Copies the block of the current section, and verifies it while it flows.</summary>
    /// <exception cref="ContentFormatException">
    /// The block is not what its name says: what was copied must not be used.
    /// </exception>
    public async ValueTask CopyBlockAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        RequirePending();
        await PumpBlockAsync(output, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _hasher?.Dispose();
        return _pipe.CompleteAsync();
    }

    private static ContentFormatException Refuse(long offset, string problem) => new(Format, offset, problem);

    private async ValueTask ReadHeadersAsync(CancellationToken cancellationToken)
    {
        var (version, roots) = await ReadHeaderAsync(cancellationToken);
        if (version == 2)
        {
            Version = CarFormat.V2;
            await ReadV2HeaderAsync(cancellationToken);
            var start = _input.Offset;
            (version, roots) = await ReadHeaderAsync(cancellationToken);
            if (version != 1)
            {
                throw Refuse(start, $"version {version} inside version 2");
            }
        }

        Roots = roots;
    }

    private async ValueTask ReadV2HeaderAsync(CancellationToken cancellationToken)
    {
        var bytes = new byte[CarV2Header.SizeBytes];
        var count = await _input.ReadAsync(bytes, cancellationToken);
        if (count < bytes.Length)
        {
            throw Refuse(_input.Offset, "the file ends inside the header of version 2");
        }

        var header = CarV2Header.Read(bytes);
        var padding = header.DataOffset - _input.Offset;
        if (await _input.PumpAsync(padding, hasher: null, output: null, cancellationToken) < padding)
        {
            throw Refuse(_input.Offset, $"the file ends before the data, which begins at {header.DataOffset}");
        }

        _input.End = header.DataOffset + header.DataSizeBytes;
        Header = header;
    }

    private async ValueTask<(ulong Version, ImmutableArray<Cid> Roots)> ReadHeaderAsync(
        CancellationToken cancellationToken)
    {
        var start = _input.Offset;
        var (size, _) = await ReadLengthAsync("header", _options.HeaderSizeMax, cancellationToken);
        var bytes = new ArrayBufferWriter<byte>();
        while (bytes.WrittenCount < size)
        {
            // Grown as the bytes come: the announced size alone allocates nothing.
            var want = (int)Math.Min(size - bytes.WrittenCount, 4096);
            var count = await _input.ReadAsync(bytes.GetMemory(want)[..want], cancellationToken);
            bytes.Advance(count);
            if (count < want)
            {
                throw Refuse(_input.Offset, $"the file ends inside the header, which has {size} bytes");
            }
        }

        try
        {
            return ParseHeader(bytes.WrittenSpan);
        }
        catch (ContentFormatException problem)
        {
            throw new ContentFormatException(
                Format, _input.Offset - size + problem.Offset, $"the header is not valid: {problem.Problem}", problem);
        }
    }

    private static (ulong Version, ImmutableArray<Cid> Roots) ParseHeader(ReadOnlySpan<byte> source)
    {
        var reader = new DagCborReader(source);
        var map = reader.ReadMapStart();
        ulong? version = null;
        ImmutableArray<Cid>? roots = null;
        while (reader.ReadKey(ref map, out var key))
        {
            if (key.SequenceEqual("version"u8))
            {
                version = reader.ReadUInt64();
            }
            else if (key.SequenceEqual("roots"u8))
            {
                roots = ReadRoots(ref reader);
            }
            else
            {
                throw reader.Fail("a CAR header has roots and version only");
            }
        }

        reader.End();
        return (version, roots) switch
        {
            (1, { } cids) => (1, cids),
            (1, null) => throw reader.Fail("the roots are missing"),
            (2, null) => (2, []),
            (null, _) => throw reader.Fail("the version is missing"),
            _ => throw reader.Fail(version == 2 ? "version 2 has its roots inside" : $"version {version} is not known"),
        };
    }

    private static ImmutableArray<Cid> ReadRoots(ref DagCborReader reader)
    {
        var roots = ImmutableArray.CreateBuilder<Cid>();
        for (var remaining = reader.ReadListStart(); remaining > 0; remaining--)
        {
            roots.Add(reader.ReadLink());
        }

        return roots.DrainToImmutable();
    }

    private async ValueTask<(long Size, int HeadSize)> ReadLengthAsync(
        string what, long sizeMax, CancellationToken cancellationToken)
    {
        var start = _input.Offset;
        var count = await _input.PeekAsync(_peek.AsMemory(0, UnsignedVarint.SizeMax), cancellationToken);
        switch (UnsignedVarint.Read(_peek.AsSpan(0, count), out var size, out var consumed))
        {
            case OperationStatus.NeedMoreData:
                throw Refuse(start + count, $"the file ends where the length of a {what} should be");
            case OperationStatus.InvalidData:
                throw Refuse(start, $"the length of a {what} is not a minimal varint of at most 9 bytes");
        }

        if (size == 0)
        {
            throw Refuse(start, $"a {what} of length 0");
        }

        if (size > (ulong)sizeMax)
        {
            throw Refuse(start, $"a {what} of {size} bytes is longer than {sizeMax} bytes");
        }

        await _input.PumpAsync(consumed, hasher: null, output: null, cancellationToken);
        return ((long)size, consumed);
    }

    private async ValueTask<CarSection> ReadSectionAsync(CancellationToken cancellationToken)
    {
        var start = _input.Offset;
        var (size, _) = await ReadLengthAsync("section", _options.SectionSizeMax, cancellationToken);
        var cidOffset = _input.Offset;
        if (size > _input.End - cidOffset)
        {
            throw Refuse(start, $"a section of {size} bytes crosses the end of the data at {_input.End}");
        }

        var want = (int)Math.Min(size, PeekSize);
        var count = await _input.PeekAsync(_peek.AsMemory(0, want), cancellationToken);
        if (!Cid.TryReadBytes(_peek.AsSpan(0, count), out var cid, out var cidSize, out var reason))
        {
            want = (int)Math.Min(size, _peek.Length);
            count = await _input.PeekAsync(_peek.AsMemory(0, want), cancellationToken);
            if (!Cid.TryReadBytes(_peek.AsSpan(0, count), out cid, out cidSize, out reason))
            {
                throw count < want
                    ? Refuse(cidOffset + count, $"the file ends inside a section of {size} bytes")
                    : Refuse(cidOffset, $"the section does not begin with a CID: {reason}");
            }
        }

        var section = new CarSection(cid, start, cidOffset + cidSize, size - cidSize);
        if (!cid.IsVerifiable && !_options.AcceptsUnverifiable)
        {
            throw Refuse(start, $"block {cid} cannot be verified: {HashFunctions.Name(cid.HashFunction)}"
                + $" with {cid.Digest.Length} bytes is not computed here or proves nothing");
        }

        await _input.PumpAsync(cidSize, hasher: null, output: null, cancellationToken);
        return section;
    }

    private async ValueTask PumpBlockAsync(PipeWriter? output, CancellationToken cancellationToken)
    {
        var section = RequirePending();
        _isPending = false;
        if (section.Cid.HashFunction == HashFunctions.Identity || !section.IsVerifiable)
        {
            await PumpSmallAsync(section, output, cancellationToken);
            return;
        }

        var hasher = HasherOf(section.Cid.HashFunction);
        ThrowIfCut(section, await _input.PumpAsync(section.BlockSizeBytes, hasher, output, cancellationToken));
        ThrowIfMismatch(section, Judge(section.Cid, hasher));
    }

    /// <summary>Identity needs the bytes themselves; a block that cannot be verified is only copied.</summary>
    private async ValueTask PumpSmallAsync(CarSection section, PipeWriter? output, CancellationToken cancellationToken)
    {
        if (section.IsVerifiable)
        {
            var count = await _input.PeekAsync(
                _peek.AsMemory(0, (int)Math.Min(section.BlockSizeBytes, _peek.Length)), cancellationToken);
            ThrowIfMismatch(
                section,
                count == section.BlockSizeBytes ? section.Cid.Verify(_peek.AsSpan(0, count)) : CidVerdict.Mismatch);
        }

        ThrowIfCut(section, await _input.PumpAsync(section.BlockSizeBytes, hasher: null, output, cancellationToken));
    }

    /// <summary>Blocks of an archive mostly have one function; a hasher begins anew by itself.</summary>
    private ContentHasher HasherOf(ulong function)
    {
        if (_hasher?.Function != function)
        {
            _hasher?.Dispose();
            _hasher = ContentHasher.Create(function);
        }

        return _hasher;
    }

    private static CidVerdict Judge(Cid cid, ContentHasher hasher)
    {
        Span<byte> digest = stackalloc byte[64];
        hasher.Finish(digest);
        return cid.VerifyDigest(digest[..hasher.DigestSize]);
    }

    private void ThrowIfCut(CarSection section, long count)
    {
        if (count < section.BlockSizeBytes)
        {
            throw Refuse(
                _input.Offset,
                $"the file ends inside block {section.Cid}: {section.BlockSizeBytes} bytes announced, {count} present");
        }
    }

    private static void ThrowIfMismatch(CarSection section, CidVerdict verdict)
    {
        if (verdict == CidVerdict.Mismatch)
        {
            throw Refuse(section.Offset, $"block {section.Cid} is not what its name says");
        }
    }

    private CarSection RequirePending() => _isPending
        ? _current!.Value
        : throw new InvalidOperationException("There is no section whose block is still to be read.");

    /// <summary>Sees to it that version 2 ends as its header says, with an index that is whole.</summary>
    private async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        if (Header is not { } header)
        {
            return;
        }

        var dataEnd = header.DataOffset + header.DataSizeBytes;
        if (_input.Offset < dataEnd)
        {
            throw Refuse(_input.Offset, $"the file ends inside the data, which ends at {dataEnd}");
        }

        if (header.IndexOffset == 0)
        {
            return;
        }

        _input.End = long.MaxValue;
        var padding = header.IndexOffset - _input.Offset;
        if (await _input.PumpAsync(padding, hasher: null, output: null, cancellationToken) < padding)
        {
            throw Refuse(_input.Offset, $"the file ends before the index, which begins at {header.IndexOffset}");
        }

        await CarIndex.WalkAsync(_input, cancellationToken);
    }
}
