using CimStore.Locations;

namespace CimStore.Tests.Locations;

/// <summary>Shards in one buffer, with bytes between them that nobody may touch.</summary>
internal sealed class Stripe
{
    private const byte Between = 0xa5;

    private readonly ReedSolomon _code;
    private readonly int _stride;
    private readonly int _shardBytes;
    private readonly byte[] _bytes;

    public Stripe(ReedSolomon code, int shardBytes, int gapBytes, int seed)
    {
        (_code, _shardBytes, _stride) = (code, shardBytes, shardBytes + gapBytes);
        _bytes = new byte[code.TotalShards * _stride];
        _bytes.AsSpan().Fill(Between);
        var random = new Random(seed);
        for (var shard = 0; shard < code.DataShards; shard++)
        {
            random.NextBytes(this[shard]);
        }
    }

    public Span<byte> this[int shard] => _bytes.AsSpan(shard * _stride, _shardBytes);

    public ReadOnlySpan<byte> All => _bytes;

    public Stripe Encode()
    {
        _code.Encode(_bytes, _stride, _shardBytes);
        return this;
    }

    /// <summary>Spoils what is not present and restores what is wanted.</summary>
    public Stripe Restore(bool[] isPresent, bool[] isWanted)
    {
        for (var shard = 0; shard < isPresent.Length; shard++)
        {
            if (!isPresent[shard])
            {
                this[shard].Fill(0xee);
            }
        }

        _code.Reconstruct(_bytes, _stride, _shardBytes, isPresent, isWanted);
        return this;
    }

    public bool GapsAreUntouched()
    {
        for (var shard = 0; shard < _code.TotalShards; shard++)
        {
            if (_bytes.AsSpan((shard * _stride) + _shardBytes, _stride - _shardBytes).ContainsAnyExcept(Between))
            {
                return false;
            }
        }

        return true;
    }
}
