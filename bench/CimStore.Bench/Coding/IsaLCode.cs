using System.Runtime.InteropServices;

namespace CimStore.Bench.Coding;

/// <summary>
/// 4+4 by ISA-L. Its tables for the loss of all data are made beforehand, which is more than ours is given.
/// </summary>
internal sealed unsafe class IsaLCode : IDisposable
{
    private const int Shards = 4;

    private readonly byte* _tables = (byte*)NativeMemory.AlignedAlloc(2 * Shards * Shards * IsaL.TableBytes, 64);

    public IsaLCode()
    {
        var matrix = stackalloc byte[2 * Shards * Shards];
        var parity = matrix + (Shards * Shards);
        var inverted = stackalloc byte[Shards * Shards];
        IsaL.CauchyMatrix(matrix, 2 * Shards, Shards);
        IsaL.InitTables(Shards, Shards, parity, _tables);

        // Inverting spoils what it inverts.
        _ = IsaL.Invert(parity, inverted, Shards);
        IsaL.InitTables(Shards, Shards, inverted, _tables + (Shards * Shards * IsaL.TableBytes));
    }

    public void Encode(byte* stripe, int stride, int shardBytes) =>
        Run(stripe, stripe + (Shards * (nint)stride), stride, shardBytes, _tables);

    public void DecodeData(byte* stripe, int stride, int shardBytes) => Run(
        stripe + (Shards * (nint)stride), stripe, stride, shardBytes, _tables + (Shards * Shards * IsaL.TableBytes));

    public void Dispose() => NativeMemory.AlignedFree(_tables);

    private static void Run(byte* from, byte* to, int stride, int shardBytes, byte* tables)
    {
        var inputs = stackalloc byte*[Shards];
        var outputs = stackalloc byte*[Shards];
        for (var shard = 0; shard < Shards; shard++)
        {
            inputs[shard] = from + ((nint)shard * stride);
            outputs[shard] = to + ((nint)shard * stride);
        }

        IsaL.Encode(shardBytes, Shards, Shards, tables, inputs, outputs);
    }
}
