using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>What the memory cache holds, for how long, and what pushes it out.</summary>
public sealed class ContentCacheTests
{
    private const int ContentBytes = 1024;
    private const int SizeMaxBytes = 1 << 20;
    private const int HotCount = 100;

    private readonly FakeTimeProvider _time = new();
    private readonly ContentCacheOptions _options = new() { SizeMaxBytes = SizeMaxBytes };
    private readonly ContentCache _cache;

    public ContentCacheTests() => _cache = new ContentCache(_options, _time);

    [Fact]
    [Trait("row", "B12")]
    public void It_never_holds_more_than_it_may()
    {
        for (var number = 0; number < 10_000; number++)
        {
            Add(number);
            Assert.True(_cache.SizeBytes <= SizeMaxBytes, $"{_cache.SizeBytes} bytes after {number} contents.");
        }

        Assert.True(_cache.SizeBytes > SizeMaxBytes / 2, $"Only {_cache.SizeBytes} bytes are used.");
    }

    [Fact]
    [Trait("row", "B12")]
    public void What_is_too_old_is_a_miss()
    {
        Add(1);
        _time.Advance(_options.AgeMax - TimeSpan.FromTicks(1));
        Assert.True(IsHit(1));

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(IsHit(1));
        Assert.Equal((1, 1, 0), (_cache.Hits, _cache.Misses, _cache.SizeBytes));
    }

    [Fact]
    [Trait("row", "B12")]
    public void A_scan_does_not_push_out_what_is_read_again_and_again()
    {
        for (var round = 0; round < 3; round++)
        {
            for (var number = 0; number < HotCount; number++)
            {
                ReadThrough(number);
            }
        }

        // Twenty times what fits, each once, while every hundredth read is of something hot.
        for (var number = 0; number < 20_000; number++)
        {
            ReadThrough(1_000 + number);
            if (number % 100 == 0)
            {
                ReadThrough(number / 100 % HotCount);
            }
        }

        var kept = Enumerable.Range(0, HotCount).Count(IsHit);
        Assert.True(kept >= HotCount * 9 / 10, $"{kept} of {HotCount} survived the scan.");
    }

    private void ReadThrough(int number)
    {
        if (!IsHit(number))
        {
            Add(number);
        }
    }

    private bool IsHit(int number) => _cache.TryGet(KeyOf(number), out _, out _);

    private void Add(int number)
    {
        var key = KeyOf(number);
        var record = new ObjectRecord
        {
            Key = key,
            SizeBytes = ContentBytes,
            Root = key.Cid,
            Created = new Lsn(1),
            CreatedAt = _time.GetUtcNow(),
            Revision = new Lsn(1),
        };
        _cache.Add(record, new byte[ContentBytes], _cache.Version(key), toMain: false);
    }

    private static ContentKey KeyOf(int number) => ContentKey.Shared(Samples.CidOf(BitConverter.GetBytes(number)));
}
