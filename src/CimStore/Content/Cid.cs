using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CimStore.Content;

/// <summary>
/// The name of content: version, codec, hash function and digest. 48 bytes and no heap object for digests of at most 32
/// bytes, so that it can be a dictionary key by the million.
/// </summary>
/// <remarks>
/// A version 0 name and its version 1 twin are different names of one content: not equal, but <see cref="ToV1"/> brings
/// them together. The order is the ordinal order of the default base32 text of the version 1 form.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public readonly partial struct Cid : IEquatable<Cid>, IComparable<Cid>
{
    /// <summary>Digests up to this size are stored in the struct itself.</summary>
    public const int InlineDigestSizeMax = 32;

    /// <summary>
    /// Longest binary form: version, codec and hash function at their longest, and the longest digest.
    /// </summary>
    public const int ByteLengthMax = 1 + UnsignedVarint.SizeMax + UnsignedVarint.SizeMax + 2 + Multihash.DigestSizeMax;

    private readonly InlineDigest _digest;
    private readonly Spilled? _spilled;
    private readonly uint _codec;
    private readonly ushort _function;
    private readonly byte _digestSize;
    private readonly Form _form;

    private Cid(Form form, ulong codec, ulong function, ReadOnlySpan<byte> digest)
    {
        _form = form;
        if (digest.Length > InlineDigestSizeMax || codec > uint.MaxValue || function > ushort.MaxValue)
        {
            _spilled = new Spilled(codec, function, digest.ToArray());
            return;
        }

        _codec = (uint)codec;
        _function = (ushort)function;
        _digestSize = (byte)digest.Length;
        digest.CopyTo(_digest);
    }

    private enum Form : byte
    {
        None,
        V0,
        V1,
    }

    /// <summary>True for <c>default</c>, which names nothing.</summary>
    public bool IsDefault => _form == Form.None;

    public int Version => _form == Form.V0 ? 0 : 1;

    public ulong Codec => _spilled?.Codec ?? _codec;

    /// <summary>The multihash code, see <see cref="HashFunctions"/>.</summary>
    public ulong HashFunction => _spilled?.Function ?? _function;

    [UnscopedRef]
    public ReadOnlySpan<byte> Digest =>
        _spilled is null ? ((ReadOnlySpan<byte>)_digest)[.._digestSize] : _spilled.Digest;

    private int DigestSize => _spilled?.Digest.Length ?? _digestSize;

    public static bool operator ==(Cid left, Cid right) => left.Equals(right);

    public static bool operator !=(Cid left, Cid right) => !left.Equals(right);

    public static bool operator <(Cid left, Cid right) => left.CompareTo(right) < 0;

    public static bool operator <=(Cid left, Cid right) => left.CompareTo(right) <= 0;

    public static bool operator >(Cid left, Cid right) => left.CompareTo(right) > 0;

    public static bool operator >=(Cid left, Cid right) => left.CompareTo(right) >= 0;

    /// <summary>Mints the version 1 name of content whose digest is known.</summary>
    /// <exception cref="ArgumentException">
    /// The codec or the function is not one we give names with (such names can be read), or the digest does not fit.
    /// </exception>
    public static Cid FromDigest(ulong codec, ulong hashCode, ReadOnlySpan<byte> digest)
    {
        if (!Codecs.IsMintable(codec))
        {
            throw new ArgumentException(
                $"Codec {Codecs.Name(codec)} is neither registered nor in the CIM range.", nameof(codec));
        }

        if (!HashFunctions.IsMintable(hashCode))
        {
            throw new ArgumentException($"No names are made with {HashFunctions.Name(hashCode)}.", nameof(hashCode));
        }

        if (hashCode != HashFunctions.Identity && digest.Length != HashFunctions.MintedDigestSize(hashCode))
        {
            throw new ArgumentException(
                $"A minted {HashFunctions.Name(hashCode)} digest has {HashFunctions.MintedDigestSize(hashCode)} bytes.",
                nameof(digest));
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(digest.Length, Multihash.DigestSizeMax, nameof(digest));
        return new Cid(Form.V1, codec, hashCode, digest);
    }

    /// <summary>The default name of bytes without structure: version 1, raw, BLAKE3-256.</summary>
    public static Cid ForRaw(ReadOnlySpan<byte> blake3Digest) =>
        FromDigest(Codecs.Raw, HashFunctions.Blake3, blake3Digest);

    public Cid ToV1() => _form == Form.V0 ? new Cid(Form.V1, Codecs.DagPb, HashFunctions.Sha256, Digest) : this;

    /// <summary>The same content under another codec, such as raw for "these bytes, whatever they mean".</summary>
    public Cid WithCodec(ulong codec) => FromDigest(codec, HashFunction, Digest);

    public void CopyDigestTo(Span<byte> destination) => Digest.CopyTo(destination);

    public bool Equals(Cid other)
    {
        if (_form != other._form || _codec != other._codec || _function != other._function
            || _digestSize != other._digestSize)
        {
            return false;
        }

        // Bytes past a short digest are zero on both sides.
        return _spilled is null && other._spilled is null
            ? Vector256.LoadUnsafe(in _digest[0]) == Vector256.LoadUnsafe(in other._digest[0])
            : _spilled is not null && other._spilled is not null && _spilled.Equals(other._spilled);
    }

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Cid other && Equals(other);

    /// <summary>
    /// Keyed per process by <see cref="System.HashCode"/>: a client chooses content, and so could choose digests that
    /// fall into one bucket of a table with a known hash.
    /// </summary>
    public override int GetHashCode()
    {
        if (_spilled is not null)
        {
            return _spilled.GetHashCode();
        }

        var words = MemoryMarshal.Cast<byte, ulong>((ReadOnlySpan<byte>)_digest);
        return HashCode.Combine(words[0], words[1], words[2], words[3], _codec);
    }

    public int CompareTo(Cid other)
    {
        if (IsDefault || other.IsDefault)
        {
            return _form.CompareTo(other._form);
        }

        return Equals(other) ? 0 : CompareKeys(in this, in other);
    }

    private static int CompareKeys(in Cid left, in Cid right)
    {
        Span<byte> leftKey = stackalloc byte[KeyStackSize];
        Span<byte> rightKey = stackalloc byte[KeyStackSize];
        var leftSize = left.OrderedKeyLength;
        var rightSize = right.OrderedKeyLength;
        leftKey = leftSize <= KeyStackSize ? leftKey : new byte[leftSize];
        rightKey = rightSize <= KeyStackSize ? rightKey : new byte[rightSize];
        left.WriteOrderedKey(leftKey);
        right.WriteOrderedKey(rightKey);
        var order = leftKey[..leftSize].SequenceCompareTo(rightKey[..rightSize]);
        return order != 0 ? order : left._form.CompareTo(right._form);
    }

    [InlineArray(InlineDigestSizeMax)]
    private struct InlineDigest
    {
        private byte _first;
    }

    private sealed class Spilled(ulong codec, ulong function, byte[] digest) : IEquatable<Spilled>
    {
        public ulong Codec { get; } = codec;

        public ulong Function { get; } = function;

        public byte[] Digest { get; } = digest;

        public bool Equals(Spilled? other) =>
            other is not null && Codec == other.Codec && Function == other.Function
            && Digest.AsSpan().SequenceEqual(other.Digest);

        public override bool Equals(object? obj) => Equals(obj as Spilled);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.Add(Codec);
            hash.Add(Function);
            hash.AddBytes(Digest);
            return hash.ToHashCode();
        }
    }
}
