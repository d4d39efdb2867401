using System.Diagnostics;
using CimStore.Locations;
using CimStore.S3;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.S3;

/// <summary>Content that is much larger than what may be in memory goes up and comes down.</summary>
[Trait("row", "B4")]
public sealed class S3MemoryTests(S3Servers servers)
{
    private const string Variable = "CIMSTORE_TEST_S3_MEMORY";
    private const int PieceBytes = 1 << 20;
    private const int Pieces = 512;
    private const int TreeBytes = 2 << 20;
    private const long GrowthMax = 150L << 20;

    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>In a process of its own: what other tests take is not to be seen, and a peak never falls.</summary>
    [Fact]
    public async Task Half_a_gibibyte_goes_through_150_mebibytes()
    {
        var ceph = await servers.CephAsync();
        var bucket = await ceph.MakeBucketAsync();
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            ["--filter-method", $"*.{nameof(Goes_up_and_down_in_this_process)}", "--explicit", "only"])
        {
            RedirectStandardOutput = true,
        };
        start.Environment[Variable] = $"{ceph.Address} {ceph.AccessKey} {ceph.SecretKey} {bucket}";
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeMax);
        var said = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);

        Assert.True(process.ExitCode == 0, said);
        Assert.Contains("succeeded: 1", said, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public async Task Goes_up_and_down_in_this_process()
    {
        var words = (Environment.GetEnvironmentVariable(Variable)
            ?? throw new InvalidOperationException("It is run by the test above.")).Split(' ');
        using var folder = S3Folder.Of(
            new S3Endpoint(new Uri(words[0]), words[1], words[2], S3Profile.Ceph), words[3]);
        await using var location = await folder.OpenAsync();
        await new LocationUnderTest(location).AdmitAsync(Samples.Bytes(3_000_000, 1), Token);
        var before = Environment.WorkingSet;
        var key = ContentKey.Shared(Samples.CidOf(Samples.Bytes(1, 1)));

        var copy = await SendAsync(location, key);
        await CompareAsync(location, key, copy);
        Assert.True((await location.InspectAsync(key, copy, null, Token))!.IsReadable);
        using var self = Process.GetCurrentProcess();
        var growth = self.PeakWorkingSet64 - before;
        await location.ReleaseAsync(key, copy.Incarnation, Token);

        Assert.True(growth < GrowthMax, $"The working set grew by {growth >> 20} MiB.");
    }

    private static async Task<Copy> SendAsync(S3Location location, ContentKey key)
    {
        var piece = new byte[PieceBytes];
        await using var staged = await location.StageAsync(null, Token);
        for (var index = 0; index < Pieces; index++)
        {
            new Random(index).NextBytes(piece);
            await staged.WriteAsync(piece, Token);
        }

        // A location takes the name on trust, which is the engine's part: so does this test.
        await staged.WriteTreeAsync(new byte[TreeBytes], Token);
        var made = await staged.SealAsync(
            new CopyManifest(key, (long)Pieces * PieceBytes, key.Cid), Token);
        return new Copy(location.Id, made.Incarnation, CopyState.Verified, made.Header, DateTimeOffset.UnixEpoch);
    }

    private static async Task CompareAsync(S3Location location, ContentKey key, Copy copy)
    {
        var (piece, read) = (new byte[PieceBytes], new byte[PieceBytes]);
        for (var index = 0; index < Pieces; index++)
        {
            new Random(index).NextBytes(piece);
            Assert.Equal(PieceBytes, await location.ReadAsync(key, copy, (long)index * PieceBytes, read, Token));
            Assert.True(piece.AsSpan().SequenceEqual(read));
        }
    }
}
