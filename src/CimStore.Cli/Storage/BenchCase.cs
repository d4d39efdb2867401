using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Engine;

namespace CimStore.Cli.Storage;

/// <summary>
/// One measurement: fresh contents of one size, so many in flight, for so long, into a store of its own.
/// </summary>
internal static class BenchCase
{
    /// <summary>What one case may put on the disk, however fast it is.</summary>
    private const long BytesMax = 4L << 30;

    private const int StampSizeBytes = 16;

    public static async Task<BenchJson> RunAsync(
        CliSession session, ScratchStore scratch, BenchPlan plan, CancellationToken cancellationToken)
    {
        await using var store = await scratch.OpenFreshAsync(session, cancellationToken);
        var body = new byte[plan.SizeBytes - StampSizeBytes];
#pragma warning disable RS0030 // The seed is an option and is printed in the result.
        new Random(plan.Seed).NextBytes(body);
#pragma warning restore RS0030
        var before = store.BytesWritten();
        var shared = new Shared(session, plan, body);
        var started = session.Time.GetTimestamp();
        var latencies = await Task.WhenAll(Enumerable.Range(0, plan.InFlight)
            .Select(_ => PutAsync(store.Client, shared, started, cancellationToken)));
        var seconds = session.Time.GetElapsedTime(started).TotalSeconds;
        return Sum(session, plan, [.. latencies.SelectMany(one => one)], seconds, store.BytesWritten() - before);
    }

    private static async Task<List<long>> PutAsync(
        IStorageClient client, Shared shared, long started, CancellationToken cancellationToken)
    {
        var latencies = new List<long>();
        var countMax = Math.Max(BytesMax / shared.Plan.SizeBytes, shared.Plan.InFlight);
        await Task.Yield();
        while (shared.Session.Time.GetElapsedTime(started).TotalSeconds < shared.Plan.Seconds || latencies.Count == 0)
        {
            var number = shared.Next();
            if (number > countMax)
            {
                break;
            }

            var reader = PipeReader.Create(Content(shared, number));
            var begun = shared.Session.Time.GetTimestamp();
            var request = StoreRequest.Default with { LengthBytes = shared.Plan.SizeBytes };
            await client.StoreAsync(reader, request, cancellationToken);
            latencies.Add(shared.Session.Time.GetTimestamp() - begun);
            await reader.CompleteAsync();
        }

        return latencies;
    }

    /// <summary>
    /// A stamp that no other content has, then the bytes that all share: fresh to the store, cheap to make.
    /// </summary>
    private static ReadOnlySequence<byte> Content(Shared shared, long number)
    {
        var stamp = new byte[StampSizeBytes];
        BinaryPrimitives.WriteInt64LittleEndian(stamp, number);
        BinaryPrimitives.WriteInt32LittleEndian(stamp.AsSpan(8), shared.Plan.SizeBytes);
        BinaryPrimitives.WriteInt32LittleEndian(stamp.AsSpan(12), shared.Plan.InFlight);
        var first = new Segment(stamp, 0);
        var last = first.Append(shared.Body);
        return new ReadOnlySequence<byte>(first, 0, last, shared.Body.Length);
    }

    private static BenchJson Sum(CliSession session, BenchPlan plan, List<long> latencies, double seconds, long written)
    {
        latencies.Sort();
        var bytes = (double)latencies.Count * plan.SizeBytes;
        return new BenchJson(
            plan.SizeBytes, plan.InFlight, Durable: true, latencies.Count, plan.Seed, latencies.Count / seconds,
            bytes / seconds / 1e6, Quantile(0.50), Quantile(0.99), bytes > 0 ? written / bytes : 0);

        double Quantile(double share) => session.Time.GetElapsedTime(
            0, latencies[Math.Min((int)(share * latencies.Count), latencies.Count - 1)]).TotalMilliseconds;
    }

    private sealed class Shared(CliSession session, BenchPlan plan, byte[] body)
    {
        private long _number;

        public CliSession Session => session;

        public BenchPlan Plan => plan;

        public byte[] Body => body;

        public long Next() => Interlocked.Increment(ref _number);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
