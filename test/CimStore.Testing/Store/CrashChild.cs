using System.Globalization;
using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Objects;

namespace CimStore.Testing.Store;

/// <summary>
/// The process that is killed. The test starts this very executable again with an environment variable; then no test
/// runs, but a store is filled until somebody, or the process itself at a named point, kills it. Each line of output is
/// a promise: it is written after the acknowledgement.
/// </summary>
internal static class CrashChild
{
    public const string DirectoryVariable = "CIMSTORE_CRASH_DIRECTORY";
    public const string SeedVariable = "CIMSTORE_CRASH_SEED";
    public const string DieAtVariable = "CIMSTORE_CRASH_AT";

    private const int Writers = 4;

    public static DiskStoreOptions Options(string directory) => new()
    {
        DataDirectory = directory,
        ForceUnsafe = true,
        SegmentBytes = 1 << 20,
        IndexMemoryBytes = 1 << 20,
    };

    /// <summary>What content a round stores under a number: the parent must know it without being told.</summary>
    public static byte[] Content(int seed, int number)
    {
        var size = number % 50 == 49 ? 150_000 : 50 + (number * 7919 % 9000);
        return Sample.Bytes((seed * 100_000) + number, size);
    }

    public static bool IsLarge(byte[] content) => content.Length > 100_000;

    /// <summary>Does nothing in a process that was not started to be killed; else never returns.</summary>
    public static void StartIfAsked()
    {
        if (Environment.GetEnvironmentVariable(DirectoryVariable) is { } directory)
        {
            var seed = int.Parse(Environment.GetEnvironmentVariable(SeedVariable)!, CultureInfo.InvariantCulture);
            LiveAsync(directory, seed).GetAwaiter().GetResult();
            Environment.Exit(0);
        }
    }

    private static async Task LiveAsync(string directory, int seed)
    {
        var disk = new DyingDisk(new PosixDisk(), Environment.GetEnvironmentVariable(DieAtVariable));
        var parts = new DiskStoreParts(disk, null, null);
        await using var store = await DiskStore.OpenAsync(
            Options(directory), TimeProvider.System, parts, CancellationToken.None);
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        output.WriteLine("ready");
        disk.IsArmed = true;
        var number = 0;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                await StepAsync(store, seed, Interlocked.Increment(ref number), output);
            }
        })));
    }

    private static async Task StepAsync(DiskStore store, int seed, int number, StreamWriter output)
    {
        var ids = new IdSource(TimeProvider.System);
        var content = Content(seed, number);
        await StoreAsync(store, ids, content);
        Promise(output, 'S', number);
        if (number % 3 == 0)
        {
            Promise(output, 'd', number);
            var record = await store.FindAsync(Sample.Key(content), CancellationToken.None);
            await store.AppendAsync([Sample.Delete(ids, record!, DateTimeOffset.UnixEpoch)], CancellationToken.None);
            record = await store.FindAsync(Sample.Key(content), CancellationToken.None);
            await store.AppendAsync(Sample.Release(ids, record!), CancellationToken.None);
            Promise(output, 'D', number);
        }

        if (number % 200 == 0)
        {
            await store.CompactAsync(CancellationToken.None);
        }
    }

    private static async Task StoreAsync(DiskStore store, IdSource ids, byte[] content)
    {
        if (!IsLarge(content))
        {
            await store.AppendAsync([Sample.Store(ids, content)], CancellationToken.None);
            return;
        }

        await using var staged = await Sample.StageAsync(store, content, CancellationToken.None);
        await store.AppendAsync([Sample.StoreStaged(ids, content, staged)], CancellationToken.None);
    }

    private static void Promise(StreamWriter output, char kind, int number)
    {
        lock (output)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}{number}"));
        }
    }
}
