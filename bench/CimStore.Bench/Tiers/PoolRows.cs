using System.Diagnostics;
using CimStore.Bench.Peers;
using CimStore.Bench.Store;
using CimStore.Disk.Pool;
using CimStore.Locations;

namespace CimStore.Bench.Tiers;

/// <summary>The erasure-coded pool on one disk.</summary>
internal static class PoolRows
{
    private const int SizeBytes = 64 << 20;
    private const int Directories = 8;
    private const int RoundsFactor = 10;
    private const string Pool = "pool";
    private const string Raw = "raw-files";

    private static readonly Metric SpacePerPayload = new("bytes/payload", false, "N2");

    /// <summary>
    /// 64 MiB into a pool of 4+4 that is in use against the same 128 MiB written to eight files, each synced and named:
    /// rates are of content. What the pool does beyond that is coding, checks, trees, and a record in each log.
    /// </summary>
    public static async Task PutAsync(Report report, StoreOptions options)
    {
        report.Begin("pool-put", "64 MiB into 4+4 over eight directories of one disk, durable");
        var content = BenchPool.Named.Of(Bytes.Random(SizeBytes, 1));
        using var folder = new BenchFolder(options.Folder);
        await using var pool = await UsedAsync(folder.Path);
        var (ours, raw) = (new List<Sample>(), new List<Sample>());
        for (var round = -1; round < options.ManyRounds(RoundsFactor); round++)
        {
            var isFirst = round % 2 == 0;
            for (var turn = 0; turn < 2; turn++)
            {
                var isOurs = (turn == 0) == isFirst;
                var sample = isOurs ? await PutPoolAsync(pool, content) : PutRaw(folder.Path, content.Bytes);
                Settle(folder.Path);
                if (round >= 0)
                {
                    (isOurs ? ours : raw).Add(sample);
                }
            }
        }

        report.Add("pool-put", Pool, ours);
        report.Add("pool-put", Raw, raw);
        report.JudgeRatio("pool-put", "pool put 64 MiB", Metric.MegabytesPerSecond, Raw, 0.8, Pool);
    }

    /// <summary>
    /// What computing the parity takes of a put's processor time, and of a put with the hash and tree that the engine
    /// makes while the content flows. The same stripes are coded alone, in memory laid out and filled as the pool's.
    /// </summary>
    public static async Task CodingAsync(Report report, StoreOptions options)
    {
        report.Begin("pool-coding", "parity of 64 MiB 4+4, of the processor time of its put");
        var bytes = Bytes.Random(SizeBytes, 4);
        var content = BenchPool.Named.Of(bytes);
        using var folder = new BenchFolder(options.Folder);
        await using var pool = await UsedAsync(folder.Path);
        var (coding, hashing, put) = (new List<Sample>(), new List<Sample>(), new List<Sample>());
        for (var round = -1; round < options.ManyRounds(RoundsFactor); round++)
        {
            var coded = Code(bytes);
            var cpu = Environment.CpuUsage.TotalTime;
            _ = BenchPool.Named.Of(bytes);
            var hashed = new Sample { [Metric.Work] = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds };
            var stored = await PutPoolAsync(pool, content);
            Settle(folder.Path);
            if (round >= 0)
            {
                coding.Add(coded);
                hashing.Add(hashed);
                put.Add(stored);
            }
        }

        report.Add("pool-coding", "coding", coding);
        report.Add("pool-coding", "hashing", hashing);
        report.Add("pool-coding", "put", put);
        var (code, hash) = (MedianWork(report, "coding"), MedianWork(report, "hashing"));
        var store = MedianWork(report, "put");
        Judge("coding, of the processor time of hash and put", code / (hash + store));
        Judge("coding, of the processor time of the put alone", code / store);

        void Judge(string what, double share) =>
            report.Judge(what, "<= 5 %", FormattableString.Invariant($"{share:P1}"), share <= 0.05);
    }

    /// <summary>Warm reads of 64 MiB by 256 KiB, with all shards there and with the four data shards lost.</summary>
    public static async Task GetAsync(Report report, StoreOptions options)
    {
        report.Begin("pool-get", "64 MiB out of 4+4, warm, by 256 KiB");
        using var folder = new BenchFolder(options.Folder);
        var content = BenchPool.Named.Of(Bytes.Random(SizeBytes, 2));
        (ContentKey Key, Copy Copy) put;
        await using (var pool = await BenchPool.OpenAsync(folder.Path))
        {
            put = await BenchPool.PutAsync(pool, content);
        }

        var (whole, lost) = (new List<Sample>(), new List<Sample>());
        for (var round = -1; round < options.ManyRounds(RoundsFactor); round++)
        {
            var first = await ReadAsync(folder.Path, put, content, loses: round % 2 == 0);
            var second = await ReadAsync(folder.Path, put, content, loses: round % 2 != 0);
            if (round >= 0)
            {
                (round % 2 == 0 ? lost : whole).Add(first);
                (round % 2 == 0 ? whole : lost).Add(second);
            }
        }

        report.Add("pool-get", "none-lost", whole);
        report.Add("pool-get", "four-lost", lost);
        report.JudgeRatio(
            "pool-get", "pool get 64 MiB, four shards lost", Metric.MegabytesPerSecond, "none-lost", 0.7, "four-lost");
    }

    /// <summary>What small objects take in the pool's directories and in its index, once it is closed.</summary>
    public static async Task SpaceAsync(Report report, StoreOptions options)
    {
        const int ObjectBytes = 1 << 10;
        var count = options.FieldCount;
        report.Begin("pool-space", $"{count:N0} objects of 1 KiB in 4+4, 64 at a time, compacted, closed");
        using var folder = new BenchFolder(options.Folder);
        var payload = (double)count * ObjectBytes;
        var started = Stopwatch.GetTimestamp();
        TimeSpan took;
        await using (var pool = await BenchPool.OpenAsync(folder.Path))
        {
            await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (index, _) =>
            {
                var bytes = new byte[ObjectBytes];
                Bytes.Stamp(bytes, 3, index);
                await BenchPool.PutAsync(pool, BenchPool.Named.Of(bytes));
            });
            took = Stopwatch.GetElapsedTime(started);
            while (await pool.TidyAsync(CancellationToken.None) > 0)
            {
            }

            report.Add("pool-space", "pool-while-open", [Space()]);
        }

        var sample = Space();
        sample[Metric.PutsPerSecond] = count / took.TotalSeconds;
        report.Add("pool-space", Pool, [sample]);
        report.Add(
            "pool-space", "index",
            [new Sample { [SpacePerPayload] = Allocated(Path.Combine(folder.Path, "state")) / payload }]);

        // While it is open each directory has a segment whose room is taken ahead.
        Sample Space() => new()
        {
            [SpacePerPayload] = Enumerable.Range(0, Directories)
                .Sum(index => Allocated(Path.Combine(folder.Path, $"d{index}"))) / payload,
        };
        report.JudgeLimit("pool-space", "room of small objects in the pool's directories", SpacePerPayload, 3, Pool);
    }

    private static double MedianWork(Report report, string contender) =>
        report.Find("pool-coding", contender, Metric.Work)!.Median;

    /// <summary>
    /// The parity of every stripe, each just after its content was copied to where the pool codes it: that copy is
    /// the put's own and not counted. One thread that waits for nothing, so its time is the processor's.
    /// </summary>
    private static Sample Code(byte[] content)
    {
        const int StripesAtOnce = 16;
        const int BlockBytes = 64 << 10;
        const int CellBytes = BlockBytes + 4;
        const int Stride = (StripesAtOnce * CellBytes) + 448;
        var code = new ReedSolomon(Directories / 2, Directories / 2);
        var cells = Bytes.Random(Directories * Stride, 5);
        var took = TimeSpan.Zero;
        for (var at = 0; at < SizeBytes; at += Directories / 2 * BlockBytes)
        {
            var stripe = cells.AsSpan(at / (Directories / 2 * BlockBytes) % StripesAtOnce * CellBytes);
            for (var shard = 0; shard < Directories / 2; shard++)
            {
                content.AsSpan(at + (shard * BlockBytes), BlockBytes).CopyTo(stripe[(shard * Stride)..]);
            }

            var started = Stopwatch.GetTimestamp();
            code.Encode(stripe, Stride, BlockBytes);
            took += Stopwatch.GetElapsedTime(started);
        }

        return new Sample
        {
            [Metric.MegabytesPerSecond] = SizeBytes / took.TotalSeconds / 1e6,
            [Metric.Work] = took.TotalMicroseconds,
        };
    }

    /// <summary>A pool as it is after some time: it has log files, and the 256 folders in which files lie.</summary>
    private static async Task<PoolLocation> UsedAsync(string folder)
    {
        var pool = await BenchPool.OpenAsync(folder);
        await BenchPool.PutAsync(pool, BenchPool.Named.Of(Bytes.Random(100, 9)));
        for (var index = 0; index < Directories * 256; index++)
        {
            Directory.CreateDirectory(Path.Combine(folder, $"d{index / 256}", "large", $"{index % 256:x2}"));
        }

        Settle(folder);
        return pool;
    }

    /// <summary>No turn waits for what the one before it left to be written.</summary>
    private static void Settle(string folder)
    {
        using var directory = LinuxFiles.OpenDirectory(folder);
        LinuxFiles.SyncFileSystem(directory);
    }

    private static async Task<Sample> PutPoolAsync(PoolLocation pool, BenchPool.Named content)
    {
        var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var (key, copy) = await BenchPool.PutAsync(pool, content);
        var sample = Rate(started, cpu);
        await pool.ReleaseAsync(key, copy.Incarnation, CancellationToken.None);
        return sample;
    }

    private static Sample PutRaw(string folder, byte[] content)
    {
        const int PieceBytes = 1 << 20;
        var shard = content.AsMemory(0, SizeBytes / 4);
        var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var threads = Enumerable.Range(0, Directories).Select(index => new Thread(() =>
        {
            var directory = Directory.CreateDirectory(Path.Combine(folder, $"r{index}")).FullName;
            var path = Path.Combine(directory, "shard");
            using (var file = File.OpenHandle(
                path + ".part", FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, shard.Length))
            {
                for (var at = 0; at < shard.Length; at += PieceBytes)
                {
                    RandomAccess.Write(file, shard.Span.Slice(at, PieceBytes), at);
                }

                LinuxFiles.SyncData(file);
            }

            File.Move(path + ".part", path);
            using var parent = LinuxFiles.OpenDirectory(directory);
            LinuxFiles.Sync(parent);
        })).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        var sample = Rate(started, cpu);
        for (var index = 0; index < Directories; index++)
        {
            File.Delete(Path.Combine(folder, $"r{index}", "shard"));
        }

        return sample;
    }

    private static async Task<Sample> ReadAsync(
        string folder, (ContentKey Key, Copy Copy) put, BenchPool.Named content, bool loses)
    {
        const int PartBytes = 256 << 10;
        Move(folder, loses, ".lost");
        try
        {
            await using var pool = await BenchPool.OpenAsync(folder);
            var part = new byte[PartBytes];
            await ReadAsync(pool, put, part, content);
            var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            await ReadAsync(pool, put, part, content);
            return Rate(started, cpu);
        }
        finally
        {
            Move(folder, loses, "", ".lost");
        }
    }

    private static async Task ReadAsync(
        PoolLocation pool, (ContentKey Key, Copy Copy) put, byte[] part, BenchPool.Named content)
    {
        for (var at = 0; at < SizeBytes; at += part.Length)
        {
            var read = await pool.ReadAsync(put.Key, put.Copy, at, part, CancellationToken.None);
            if (read != part.Length || part[0] != content.Bytes[at])
            {
                throw new InvalidOperationException("The pool gave back something else.");
            }
        }
    }

    /// <summary>The four data shards' directories, out of the way and back.</summary>
    private static void Move(string folder, bool loses, string to, string from = "")
    {
        for (var index = 0; loses && index < 4; index++)
        {
            var path = Path.Combine(folder, $"d{index}");
            Directory.Move(path + from, path + to);
        }
    }

    private static Sample Rate(long started, TimeSpan cpuBefore) => new()
    {
        [Metric.MegabytesPerSecond] = SizeBytes / Stopwatch.GetElapsedTime(started).TotalSeconds / 1e6,
        [Metric.Work] = (Environment.CpuUsage.TotalTime - cpuBefore).TotalMicroseconds,
    };

    private static double Allocated(string folder)
    {
        using var du = Process.Start(new ProcessStartInfo("du", ["-sB1", folder]) { RedirectStandardOutput = true })!;
        var text = du.StandardOutput.ReadToEnd();
        du.WaitForExit();
        return double.Parse(text.Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}
