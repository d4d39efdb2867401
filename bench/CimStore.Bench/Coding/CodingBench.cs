using System.Diagnostics;
using System.Runtime.InteropServices;
using CimStore.Bench.Store;
using CimStore.Locations;

namespace CimStore.Bench.Coding;

/// <summary>
/// Reed-Solomon 4+4 of 64 KiB shards on one core: encoding, and restoring all four data shards from parity, by each
/// path that this processor has and by ISA-L, all in the same buffer, in alternating order. Rates are of data bytes.
/// Expected: with GFNI at least twice ISA-L of Debian 12, which knows no GFNI; with AVX2 at least 0.6 of it; restoring
/// at least 0.8 of encoding.
/// </summary>
internal static unsafe class CodingBench
{
    private const int Data = 4;
    private const int Parity = 4;
    private const int ShardBytes = 64 << 10;
    private const int RoundsFactor = 5;
    private const string Peer = "isa-l";

    // Shards one behind another lie in the same set of every cache; so far apart, in sets of their own.
    private const int ApartBytes = 512;

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(25);

    private static readonly Metric Rate = new("GB/s", true, "N1");

    private static readonly bool[] ParityOnly = [.. Enumerable.Range(0, Data + Parity).Select(s => s >= Data)];

    private static readonly bool[] Everything = [.. Enumerable.Repeat(true, Data + Parity)];

    public static int Run(string[] arguments)
    {
        var options = StoreOptions.Parse(arguments);
        if (options.WantsHelp)
        {
            Console.WriteLine("CimStore.Bench coding [--rounds N] [--json FILE]   (5 x N rounds; N is 3 unless given)");
            return 0;
        }

        var paths = ReedSolomonPaths.Available.Order().ToArray();
        Console.WriteLine($"paths here: {string.Join(", ", paths)}; best: {ReedSolomonPaths.Best}");
        Console.WriteLine(IsaL.IsInstalled
            ? "isa-l: Debian's libisal2, whose 2.30 has AVX-512 and AVX2 code, but none for GFNI"
            : "isa-l: not installed (apt-get install libisal2); only our own paths are measured");
        var report = new Report(options);
        foreach (var gap in (int[])[0, ApartBytes])
        {
            Compare(report, options, paths, ShardBytes + gap);
        }

        return 0;
    }

    private static void Compare(Report report, StoreOptions options, ReedSolomonPath[] paths, int stride)
    {
        var stripe = (byte*)NativeMemory.AlignedAlloc((nuint)((Data + Parity) * stride), 4096);
        using var peer = IsaL.IsInstalled ? new IsaLCode() : null;
        try
        {
            new Random(1).NextBytes(new Span<byte>(stripe, (Data + Parity) * stride));
            var turns = Turns(paths, peer, (nint)stripe, stride);
            foreach (var group in Measure(turns, options.ManyRounds(RoundsFactor)).GroupBy(r => r.Turn.Row))
            {
                report.Begin(group.Key, $"{Data}+{Parity} of 64 KiB, {stride:N0} bytes from shard to shard");
                foreach (var (turn, samples) in group)
                {
                    report.Add(turn.Row, turn.Contender, samples);
                }
            }

            Judge(report, paths, stride);
        }
        finally
        {
            NativeMemory.AlignedFree(stripe);
        }
    }

    private static List<CodingTurn> Turns(ReedSolomonPath[] paths, IsaLCode? peer, nint stripe, int stride)
    {
        var turns = new List<CodingTurn>();
        if (peer is not null)
        {
            turns.Add(new CodingTurn(
                Encoding(stride), Peer, () => peer.Encode((byte*)stripe, stride, ShardBytes)));
            turns.Add(new CodingTurn(
                Decoding(stride), Peer, () => peer.DecodeData((byte*)stripe, stride, ShardBytes)));
        }

        foreach (var path in paths)
        {
            var code = new ReedSolomon(Data, Parity, path);
            var size = (Data + Parity) * stride;
            turns.Add(new CodingTurn(
                Encoding(stride),
                $"{path}",
                () => code.Encode(new Span<byte>((byte*)stripe, size), stride, ShardBytes)));
            turns.Add(new CodingTurn(
                Decoding(stride),
                $"{path}",
                () => code.Reconstruct(
                    new Span<byte>((byte*)stripe, size), stride, ShardBytes, ParityOnly, Everything)));
        }

        return turns;
    }

    private static List<(CodingTurn Turn, List<Sample> Samples)> Measure(List<CodingTurn> turns, int rounds)
    {
        var all = turns.ConvertAll(turn => (Turn: turn, Samples: new List<Sample>()));

        // The first round warms up and is not counted.
        for (var round = -1; round < rounds; round++)
        {
            for (var step = 0; step < all.Count; step++)
            {
                var (turn, samples) = all[round % 2 == 0 ? step : all.Count - 1 - step];
                var sample = new Sample { [Rate] = RateOf(turn.Code) };
                if (round >= 0)
                {
                    samples.Add(sample);
                }
            }
        }

        return all;
    }

    private static double RateOf(Action code)
    {
        var count = 0L;
        var started = Stopwatch.GetTimestamp();
        TimeSpan took;
        do
        {
            code();
            count++;
            took = Stopwatch.GetElapsedTime(started);
        }
        while (took < Turn);
        return count * Data * ShardBytes / took.TotalSeconds / 1e9;
    }

    private static void Judge(Report report, ReedSolomonPath[] paths, int stride)
    {
        foreach (var path in paths)
        {
            double? target = path switch
            {
                ReedSolomonPath.Gfni512 => 2,
                ReedSolomonPath.Avx2 => 0.6,
                _ => null,
            };
            report.JudgeRatio(Encoding(stride), $"{path} encodes", Rate, Peer, target, $"{path}");
            report.JudgeRatio(Decoding(stride), $"{path} decodes", Rate, Peer, target, $"{path}");
            var encoding = report.Find(Encoding(stride), $"{path}", Rate)!.Median;
            var decoding = report.Find(Decoding(stride), $"{path}", Rate)!.Median;
            var found = FormattableString.Invariant($"{decoding / encoding:N2} x");
            report.Judge($"{path} decodes, to its encoding", ">= 0.8 x", found, decoding >= 0.8 * encoding);
        }
    }

    private static string Encoding(int stride) => $"encode-{stride}";

    private static string Decoding(int stride) => $"decode-{stride}";
}
