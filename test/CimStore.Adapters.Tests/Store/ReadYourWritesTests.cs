using CimStore.Disk;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>Who was told that something is stored finds it, however he looks.</summary>
public sealed class ReadYourWritesTests : IDisposable
{
    // Many, so that batches are handed over and their committers told while they are applied.
    private const int Writers = 48;
    private const int Rounds = 40;
    private const int SizeBytes = 5000;

    private readonly TempDirectory _directory = new();
    private readonly IdSource _ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("record")]
    [InlineData("bytes")]
    [InlineData("entry")]
    [InlineData("mark")]
    [InlineData("list")]
    [InlineData("totals")]
    public async Task What_was_acknowledged_is_found(string how)
    {
        await using var store = await Sample.OpenAsync(_directory);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(
            async () =>
            {
                for (var round = 0; round < Rounds; round++)
                {
                    await StoreAndLookAsync(store, (writer * Rounds) + round, how);
                }
            },
            Token)));

        Assert.Equal(Writers * Rounds, (await store.TotalsAsync(Token)).Objects);
    }

    private async Task StoreAndLookAsync(DiskStore store, int number, string how)
    {
        var content = Sample.Bytes(number, SizeBytes);
        var key = Sample.Key(content);
        var before = how == "totals" ? (await store.TotalsAsync(Token)).Objects : 0;
        var entry = (await store.AppendAsync([Sample.Store(_ids, content)], Token))[0];
        var isFound = how switch
        {
            "record" => await store.FindAsync(key, Token) is { IsPresent: true },
            "bytes" => await ReadAsync(store, key) is { } bytes && content.AsSpan().SequenceEqual(bytes),
            "entry" => await store.FindAsync(entry.Lsn, Token) is { } found && found.EventId == entry.EventId,
            "mark" => store.DurableLsn >= entry.Lsn,
            "list" => await IsListedAsync(store, key),
            _ => (await store.TotalsAsync(Token)).Objects > before,
        };

        Assert.True(isFound, $"{how} {number}");
    }

    private static async Task<byte[]?> ReadAsync(DiskStore store, ContentKey key)
    {
        var record = await store.FindAsync(key, Token);
        var bytes = new byte[SizeBytes];
        return record is { Copies: [var copy, ..] } && await store.ReadAsync(key, copy, 0, bytes, Token) == SizeBytes
            ? bytes
            : null;
    }

    private static async Task<bool> IsListedAsync(DiskStore store, ContentKey key)
    {
        await foreach (var record in store.ListAsync(key.Domain, null, Token))
        {
            if (record.Key == key)
            {
                return true;
            }
        }

        return false;
    }
}
