using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using CimStore.Bench.Peers;
using CimStore.Content;
using CimStore.Engine;

namespace CimStore.Bench.Store;

/// <summary>
/// Steps that need a process of their own: memory and opening times. Each prints one line of name=value.
/// </summary>
internal static class Child
{
    public static Task<int> RunAsync(IReadOnlyList<string> arguments) => arguments switch
    {
        ["fill", var folder, var count, var seed] => FillAsync(folder, Number(count), Number(seed)),
        ["open", var folder] => OpenAsync(folder),
        ["put-large", var folder, var size] => PutLargeAsync(folder, long.Parse(size, CultureInfo.InvariantCulture)),
        ["get-large", var folder, var cid] => GetLargeAsync(folder, cid),
        _ => throw new ArgumentException($"Unknown child step {string.Join(' ', arguments)}."),
    };

    /// <summary>Stores, says so, and waits to be killed.</summary>
    private static async Task<int> FillAsync(string folder, int count, int seed)
    {
        var ours = await CimPeer.OpenAsync(folder, count);
        await new Load(count, 64, TimeSpan.FromHours(1)).PutAsync(ours, PutRows.SmallSizeBytes, 1_000_000 + seed);
        Print(TimeSpan.Zero, ours.CidOf(0));
        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    private static async Task<int> OpenAsync(string folder)
    {
        var started = Stopwatch.GetTimestamp();
        await using var ours = await CimPeer.OpenAsync(folder, 0);
        Print(Stopwatch.GetElapsedTime(started), null);
        return 0;
    }

    private static async Task<int> PutLargeAsync(string folder, long sizeBytes)
    {
        await using var ours = await CimPeer.OpenAsync(folder, 1);
        var started = Stopwatch.GetTimestamp();
        var pipe = new Pipe();
        var writing = GenerateAsync(pipe.Writer, sizeBytes);
        var request = new StoreRequest { LengthBytes = sizeBytes };
        var result = await ours.Client.StoreAsync(pipe.Reader, request, CancellationToken.None);
        await writing;
        Print(Stopwatch.GetElapsedTime(started), result.Cid);
        return 0;
    }

    private static async Task<int> GetLargeAsync(string folder, string cid)
    {
        await using var ours = await CimPeer.OpenAsync(folder, 1);
        var started = Stopwatch.GetTimestamp();
        await ours.ReadAllAsync(Cid.Parse(cid));
        Print(Stopwatch.GetElapsedTime(started), null);
        return 0;
    }

    private static async Task GenerateAsync(PipeWriter writer, long sizeBytes)
    {
        var block = Bytes.Random(1 << 20, 7);
        for (var offset = 0L; offset < sizeBytes; offset += block.Length)
        {
            Bytes.Stamp(block, 7, offset);
            await writer.WriteAsync(block.AsMemory(0, (int)Math.Min(block.Length, sizeBytes - offset)));
        }

        await writer.CompleteAsync();
    }

    private static void Print(TimeSpan elapsed, Cid? cid) => Console.WriteLine(FormattableString.Invariant(
        $"seconds={elapsed.TotalSeconds:F4} resident={ProcessCounters.ResidentPeakMebibytes():F1} cid={cid}"));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
