using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>The index fails on one batch while the next is being synced, which becomes durable all the same.</summary>
public sealed class BehindFailureTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempDirectory _directory = new();
    private readonly IdSource _ids = new(TimeProvider.System);
    private readonly Gate _firstSync = new();
    private readonly Gate _secondSync = new();
    private readonly Gate _apply = new();
    private readonly Queue<Gate> _syncs = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _firstSync.Dispose();
        _secondSync.Dispose();
        _apply.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task What_became_durable_behind_it_is_not_said_to_be_absent()
    {
        var (small, large) = (Sample.Bytes(1, 100), Sample.Bytes(2, 200_000));
        await using (var store = await OpenAsync())
        {
            await StoreAsync(store, Sample.Bytes(0, 100));
            store.Projection.Applied = _ =>
            {
                _apply.Pass();
                throw new InvalidOperationException("The index is gone.");
            };
            _syncs.Enqueue(_firstSync);
            _syncs.Enqueue(_secondSync);
            var first = Task.Run(() => StoreAsync(store, small), Token);
            _firstSync.AwaitEntered();
            var second = StoreAsync(store, large);
            _firstSync.Open();
            _apply.AwaitEntered();
            _secondSync.AwaitEntered();
            _apply.Open();
            await Assert.ThrowsAsync<LocationException>(() => first);
            _secondSync.Open();
            var unknown = await Assert.ThrowsAsync<LocationException>(() => second);
            var missing = await Assert.ThrowsAsync<LocationException>(
                async () => await store.FindAsync(Sample.Key(large), Token));

            Assert.Equal((LocationFault.Unknown, LocationFault.Offline), (unknown.Fault, missing.Fault));
        }

        await using var again = await Sample.OpenAsync(_directory);
        Assert.Equal(large, await Sample.ReadAsync(again, Sample.Key(large), Token));
    }

    private async Task StoreAsync(DiskStore store, byte[] content) =>
        await store.AppendAsync([Sample.Store(_ids, content)], Token);

    private ValueTask<DiskStore> OpenAsync()
    {
        var plan = new FaultPlan().While(OnSync, DiskOperation.SyncData, new DiskFault.Error(Errno.InputOutput));
        var parts = new DiskStoreParts(
            new FaultyDisk(new PosixDisk(), plan), null, static options => options.IdleMarkDelay = TimeSpan.Zero);
        return DiskStore.OpenAsync(Sample.Options(_directory), TimeProvider.System, parts, Token);
    }

    private bool OnSync()
    {
        if (_syncs.TryDequeue(out var gate))
        {
            gate.Pass();
        }

        return false;
    }

    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _entered = new();
        private readonly ManualResetEventSlim _open = new();

        public void Pass()
        {
            _entered.Set();
            Assert.True(_open.Wait(Patience, Token));
        }

        public void AwaitEntered() => Assert.True(_entered.Wait(Patience, Token));

        public void Open() => _open.Set();

        public void Dispose()
        {
            _entered.Dispose();
            _open.Dispose();
        }
    }
}
