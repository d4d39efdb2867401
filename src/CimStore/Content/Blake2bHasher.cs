using System.Buffers.Binary;
using System.Numerics;

namespace CimStore.Content;

/// <summary>
/// BLAKE2b with a digest of 32 bytes (RFC 7693), to verify foreign blocks: Filecoin names its blocks with it. New
/// content is never named so, hence it is plain and not fast.
/// </summary>
internal sealed class Blake2bHasher
{
    public const int HashSizeBytes = 32;

    private const int BlockSize = 128;
    private const int Rounds = 12;

    private static readonly ulong[] Start =
    [
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    ];

    private readonly ulong[] _state = new ulong[8];
    private readonly byte[] _block = new byte[BlockSize];
    private int _held;
    private ulong _length;

    public Blake2bHasher() => Reset();

    /// <summary>Rounds 10 and 11 repeat the first two.</summary>
    private static ReadOnlySpan<byte> Schedule =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
    ];

    public void Reset()
    {
        Start.CopyTo(_state, 0);
        _state[0] ^= 0x01010000 ^ HashSizeBytes;
        (_held, _length) = (0, 0);
    }

    public void Update(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            // A full block waits: the last one is compressed differently.
            if (_held == BlockSize)
            {
                Compress(isLast: false);
            }

            var take = Math.Min(BlockSize - _held, content.Length);
            content[..take].CopyTo(_block.AsSpan(_held));
            _held += take;
            content = content[take..];
        }
    }

    public void Finish(Span<byte> digest)
    {
        _block.AsSpan(_held).Clear();
        Compress(isLast: true);
        for (var index = 0; index < HashSizeBytes / 8; index++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(index * 8)..], _state[index]);
        }
    }

    private void Compress(bool isLast)
    {
        _length += (ulong)_held;
        _held = 0;
        Span<ulong> message = stackalloc ulong[16];
        for (var index = 0; index < 16; index++)
        {
            message[index] = BinaryPrimitives.ReadUInt64LittleEndian(_block.AsSpan(index * 8));
        }

        Span<ulong> work = stackalloc ulong[16];
        _state.CopyTo(work);
        Start.CopyTo(work[8..]);
        work[12] ^= _length;
        work[14] ^= isLast ? ulong.MaxValue : 0;
        for (var round = 0; round < Rounds; round++)
        {
            var order = Schedule.Slice(round % 10 * 16, 16);
            for (var column = 0; column < 4; column++)
            {
                Mix(work, column, column + 4, column + 8, column + 12,
                    message[order[column * 2]], message[order[(column * 2) + 1]]);
            }

            for (var diagonal = 0; diagonal < 4; diagonal++)
            {
                Mix(work, diagonal, ((diagonal + 1) & 3) + 4, ((diagonal + 2) & 3) + 8, ((diagonal + 3) & 3) + 12,
                    message[order[8 + (diagonal * 2)]], message[order[9 + (diagonal * 2)]]);
            }
        }

        for (var index = 0; index < 8; index++)
        {
            _state[index] ^= work[index] ^ work[index + 8];
        }
    }

    private static void Mix(Span<ulong> v, int a, int b, int c, int d, ulong x, ulong y)
    {
        v[a] += v[b] + x;
        v[d] = BitOperations.RotateRight(v[d] ^ v[a], 32);
        v[c] += v[d];
        v[b] = BitOperations.RotateRight(v[b] ^ v[c], 24);
        v[a] += v[b] + y;
        v[d] = BitOperations.RotateRight(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = BitOperations.RotateRight(v[b] ^ v[c], 63);
    }
}
