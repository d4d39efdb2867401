using CimStore.Content;
using CimStore.Disk;
using CimStore.Locations;
using CimStore.Objects;
using CsCheck;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>Any sequence of store, delete, release, compact and open again does what a dictionary would do.</summary>
public sealed class ModelTests
{
    private const int Contents = 12;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_is_a_dictionary_that_remembers() =>
        await Gen.Select(Gen.Int[0, 9], Gen.Int[0, Contents - 1]).Array[1, 80].SampleAsync(
            async steps => await RunAsync(steps), iter: 30, threads: 1);

    private static async Task RunAsync((int Kind, int Content)[] steps)
    {
        using var directory = TempDirectory.InMemory();
        var run = new Run(directory);
        await run.OpenAsync();
        try
        {
            foreach (var (kind, content) in steps)
            {
                await run.StepAsync(kind, content);
            }

            await run.VerifyAsync();
        }
        finally
        {
            await run.CloseAsync();
        }
    }

    private static byte[] Bytes(int content) => Sample.Bytes(content, 900 + (content * 1100));

    private enum State
    {
        Live,
        Held,
        Released,
    }

    private sealed class Run(TempDirectory directory)
    {
        private readonly Dictionary<int, State> _model = [];
        private readonly IdSource _ids = new(TimeProvider.System);
        private DiskStore? _store;

        public async Task OpenAsync() => _store = await DiskStore.OpenAsync(
            new DiskStoreOptions
            {
                DataDirectory = directory.Path,
                ForceUnsafe = true,
                SegmentBytes = 64 << 10,
                IndexMemoryBytes = 1 << 20,
            },
            TimeProvider.System,
            Token);

        public async Task CloseAsync()
        {
            if (_store is not null)
            {
                await _store.DisposeAsync();
            }
        }

        public Task StepAsync(int kind, int content) => kind switch
        {
            < 5 => StoreAsync(content),
            5 => DeleteAsync(content),
            6 or 7 => ReleaseAsync(content),
            8 => _store!.CompactAsync(Token).AsTask(),
            _ => ReopenAsync(content % 2 == 0),
        };

        public async Task VerifyAsync()
        {
            for (var content = 0; content < Contents; content++)
            {
                var isThere = _model.TryGetValue(content, out var state) && state != State.Released;
                var expected = isThere ? Bytes(content) : null;
                Assert.Equal(expected, await Sample.ReadAsync(_store!, Sample.Key(Bytes(content)), Token));
            }

            var listed = await _store!.ListAsync(DedupDomain.Shared, null, Token)
                .Select(r => r.Key.Cid).ToListAsync(Token);
            Assert.Equal(Of(State.Live).Order(), listed);
            var expired = await _store.ListExpiredAsync(DateTimeOffset.MaxValue, Token)
                .Select(r => r.Key.Cid).ToListAsync(Token);
            Assert.Equal(Of(State.Held).Order(), expired.Order());
            var usage = await _store.UsageAsync(Token);
            Assert.Equal(
                _model.Where(pair => pair.Value == State.Live).Sum(pair => (long)Bytes(pair.Key).Length),
                usage.Sum(owner => owner.LogicalBytes));
            Assert.Empty(await _store.CheckAsync(Token));
        }

        private IEnumerable<Cid> Of(State state) =>
            _model.Where(pair => pair.Value == state).Select(pair => Sample.Key(Bytes(pair.Key)).Cid);

        private ValueTask<ObjectRecord?> FindAsync(int content) => _store!.FindAsync(Sample.Key(Bytes(content)), Token);

        private async Task StoreAsync(int content)
        {
            await _store!.AppendAsync([Sample.Store(_ids, Bytes(content), await FindAsync(content))], Token);
            _model[content] = State.Live;
        }

        private async Task DeleteAsync(int content)
        {
            if (_model.TryGetValue(content, out var state) && state == State.Live)
            {
                var record = await FindAsync(content);
                await _store!.AppendAsync([Sample.Delete(_ids, record!, DateTimeOffset.UnixEpoch)], Token);
                _model[content] = State.Held;
            }
        }

        private async Task ReleaseAsync(int content)
        {
            await DeleteAsync(content);
            if (_model.TryGetValue(content, out var state) && state == State.Held)
            {
                var record = await FindAsync(content);
                await _store!.AppendAsync(Sample.Release(_ids, record!), Token);
                _model[content] = State.Released;
            }
        }

        private async Task ReopenAsync(bool withoutIndex)
        {
            await CloseAsync();
            if (withoutIndex)
            {
                Directory.Delete(Path.Combine(directory.Path, "index"), recursive: true);
            }

            await OpenAsync();
        }
    }
}
