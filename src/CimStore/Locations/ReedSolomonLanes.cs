using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CimStore.Locations;

/// <summary>
/// How a vector of bytes is multiplied by one factor. A path that looks up half bytes has a table and a vector for each
/// half; one that multiplies whole bytes uses the low ones only. Implementations are empty structs, so that the JIT
/// compiles one kernel for each with every call inlined.
/// </summary>
internal unsafe interface IReedSolomonLanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Bytes of a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Bytes of the table of one factor.</summary>
    static abstract int TableBytes { get; }

    /// <summary>Whether the high half is looked up, too.</summary>
    static abstract bool HasHalves { get; }

    /// <summary>The table of a factor, <see cref="TableBytes"/> long.</summary>
    static abstract ReadOnlySpan<byte> Table(byte factor);

    static abstract TVector LowTable(byte* table);

    static abstract TVector HighTable(byte* table);

    static abstract TVector Load(byte* source);

    static abstract TVector Low(TVector value);

    static abstract TVector High(TVector value);

    static abstract TVector Add(TVector left, TVector right);

    /// <param name="table">A low table or a high one.</param>
    /// <param name="value">The same half of the bytes.</param>
    static abstract TVector Multiply(TVector table, TVector value);

    static abstract void Store(TVector value, byte* target);
}

/// <summary>Half bytes, 16 at a time: <c>pshufb</c> or <c>tbl</c>.</summary>
internal readonly unsafe struct ReedSolomonNibbles16 : IReedSolomonLanes<Vector128<byte>>
{
    public static int Count => 16;

    public static int TableBytes => GaloisField.NibbleBytes;

    public static bool HasHalves => true;

    public static ReadOnlySpan<byte> Table(byte factor) => GaloisField.Nibbles(factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LowTable(byte* table) => Vector128.Load(table);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> HighTable(byte* table) => Vector128.Load(table + 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load(byte* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Low(Vector128<byte> value) => value & Vector128.Create((byte)0x0f);

    // A shift of words and a mask: there is no shift of bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> High(Vector128<byte> value) =>
        (value.AsUInt16() >>> 4).AsByte() & Vector128.Create((byte)0x0f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Add(Vector128<byte> left, Vector128<byte> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Multiply(Vector128<byte> table, Vector128<byte> value) =>
        Vector128.ShuffleNative(table, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<byte> value, byte* target) => value.Store(target);
}

/// <summary>Half bytes, 32 at a time: AVX2 looks up in each half of a vector, so the table is there twice.</summary>
internal readonly unsafe struct ReedSolomonNibbles32 : IReedSolomonLanes<Vector256<byte>>
{
    public static int Count => 32;

    public static int TableBytes => GaloisField.NibbleBytes;

    public static bool HasHalves => true;

    public static ReadOnlySpan<byte> Table(byte factor) => GaloisField.Nibbles(factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LowTable(byte* table) => Avx2.BroadcastVector128ToVector256(table);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> HighTable(byte* table) => Avx2.BroadcastVector128ToVector256(table + 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Low(Vector256<byte> value) => value & Vector256.Create((byte)0x0f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> High(Vector256<byte> value) =>
        (value.AsUInt16() >>> 4).AsByte() & Vector256.Create((byte)0x0f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Add(Vector256<byte> left, Vector256<byte> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Multiply(Vector256<byte> table, Vector256<byte> value) =>
        Avx2.Shuffle(table, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<byte> value, byte* target) => value.Store(target);
}

/// <summary>Whole bytes, 32 at a time, by a matrix of bits.</summary>
internal readonly unsafe struct ReedSolomonMatrices32 : IReedSolomonLanes<Vector256<byte>>
{
    public static int Count => 32;

    public static int TableBytes => GaloisField.MatrixBytes;

    public static bool HasHalves => false;

    public static ReadOnlySpan<byte> Table(byte factor) => GaloisField.Matrix(factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LowTable(byte* table) => Vector256.Create(*(ulong*)table).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> HighTable(byte* table) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Low(Vector256<byte> value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> High(Vector256<byte> value) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Add(Vector256<byte> left, Vector256<byte> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Multiply(Vector256<byte> table, Vector256<byte> value) =>
        Gfni.V256.GaloisFieldAffineTransform(value, table, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<byte> value, byte* target) => value.Store(target);
}

/// <summary>Whole bytes, 64 at a time, by a matrix of bits.</summary>
internal readonly unsafe struct ReedSolomonMatrices64 : IReedSolomonLanes<Vector512<byte>>
{
    public static int Count => 64;

    public static int TableBytes => GaloisField.MatrixBytes;

    public static bool HasHalves => false;

    public static ReadOnlySpan<byte> Table(byte factor) => GaloisField.Matrix(factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LowTable(byte* table) => Vector512.Create(*(ulong*)table).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> HighTable(byte* table) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Load(byte* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Low(Vector512<byte> value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> High(Vector512<byte> value) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Add(Vector512<byte> left, Vector512<byte> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Multiply(Vector512<byte> table, Vector512<byte> value) =>
        Gfni.V512.GaloisFieldAffineTransform(value, table, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<byte> value, byte* target) => value.Store(target);
}
