using System.Runtime.CompilerServices;
using System.Text;
using CimStore.Disk.Files;
using CimStore.Disk.Foreign;
using CimStore.Locations;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Foreign;

/// <summary>Dead letters, as their files survive.</summary>
[Trait("row", "G4")]
public sealed class DeadLetterFilesTests
{
    private const string Folder = "/data/dead-letters";
    private const int Fates = 8;

    private static readonly DeadLetter Letter = new(
        "0192f0000000700080000000000000a1", new DateTimeOffset(2026, 11, 27, 9, 0, 0, TimeSpan.Zero).AddTicks(7),
        "billing.eu.InvoiceFinalised", "field-invalid", "/guarantee: found \"gold\"", "finalised invoices", 1,
        Bytes("{ \"guarantee\" : \"gold\", \"ä\":1.50, \"ä\": \"\\ud800\" }"));

    [Fact]
    public void A_letter_is_read_as_it_was_written_its_event_byte_for_byte()
    {
        var files = new DeadLetterFiles(new SimulatedDisk(), Folder);

        files.Write(Letter);
        files.Write(Letter with { Id = Later(1), Rule = null, Attempts = 2 });

        AssertSame(Letter, files.Read(Letter.Id)!);
        var (letters, unreadable) = Load(files);
        Assert.Empty(unreadable);
        Assert.Equal([Letter.Id, Later(1)], letters.Select(letter => letter.Id));
        AssertSame(Letter with { Id = Later(1), Rule = null, Attempts = 2 }, letters[1]);
    }

    [Fact]
    public void A_letter_that_is_not_there_or_was_removed_is_absent()
    {
        var files = new DeadLetterFiles(new SimulatedDisk(), Folder);
        files.Write(Letter);

        files.Remove(Letter.Id);
        files.Remove(Letter.Id);

        Assert.Null(files.Read(Letter.Id));
        Assert.Null(files.Read("../../etc/passwd"));
        Assert.Empty(Load(files).Letters);
    }

    /// <summary>Every byte of the file in turn.</summary>
    [Fact]
    public void A_letter_that_rotted_is_kept_and_told_of()
    {
        var size = Bytes(Written()).Length;
        for (var at = 0; at < size; at++)
        {
            var disk = Written();
            var bytes = Bytes(disk);
            bytes[at] ^= 0x04;
            Put(disk, bytes);
            var files = new DeadLetterFiles(disk, Folder);

            var (letters, all) = Load(files);
            Assert.Empty(letters);
            var unreadable = Assert.Single(all);
            Assert.Equal((Letter.Id, $"{Folder}/{Letter.Id}.json"), (unreadable.Id, unreadable.Path));
            Assert.Throws<IntegrityException>(() => files.Read(Letter.Id));
            Assert.Equal(bytes, Bytes(disk));
        }
    }

    [Fact]
    public void What_was_never_told_of_goes_and_a_stranger_stays_until_it_is_removed()
    {
        var disk = Written();
        disk.Create($"{Folder}/{Later(1)}.json.tmp").Dispose();
        disk.Create($"{Folder}/notes.txt").Dispose();
        var files = new DeadLetterFiles(disk, Folder);

        var (letters, unreadable) = Load(files);

        Assert.Equal(Letter.Id, Assert.Single(letters).Id);
        var stranger = Assert.Single(unreadable);
        Assert.Equal($"{Folder}/notes.txt", stranger.Path);
        files.Remove(stranger);
        Assert.Equal([$"{Letter.Id}.json"], disk.List(Folder));
    }

    [Fact]
    public void A_full_disk_refuses_a_letter_and_keeps_what_was_there()
    {
        var isOn = false;
        var disk = new FaultyDisk(new SimulatedDisk(), new FaultPlan().While(
            () => isOn, DiskOperation.Write, new DiskFault.Error(Errno.NoSpace)));
        var files = new DeadLetterFiles(disk, Folder);
        files.Write(Letter);

        isOn = true;
        var full = Assert.Throws<LocationException>(() => files.Write(Letter with { Attempts = 2 }));
        isOn = false;

        Assert.Equal(LocationFault.Full, full.Fault);
        AssertSame(Letter, files.Read(Letter.Id)!);
        files.Write(Letter with { Attempts = 2 });
        Assert.Equal(2, Assert.Single(Load(files).Letters).Attempts);
    }

    /// <summary>Two letters come, one is tried again, one is removed; the power goes at every operation.</summary>
    [Fact]
    public async Task What_was_told_survives_a_power_cut_at_every_operation() =>
        Assert.True(await RunAsync([]) > 20);

    [Theory]
    [InlineData(nameof(SyncPoint.DurableFile))]
    [InlineData(nameof(SyncPoint.DurableName))]
    [InlineData(nameof(SyncPoint.NewDirectory))]
    public async Task Without_this_sync_a_promise_breaks(string point) =>
        await Assert.ThrowsAsync<PromiseBrokenException>(() => RunAsync([Enum.Parse<SyncPoint>(point)]));

    [Fact]
    public async Task The_golden_bytes_are_written_and_read()
    {
        var golden = await File.ReadAllBytesAsync(Golden(), TestContext.Current.CancellationToken);

        Assert.Equal(golden, Bytes(Written()));
        AssertSame(Letter, DeadLetterCodec.Read(golden));
    }

    [Fact(Explicit = true)]
    public void Write_the_golden_bytes_anew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Golden())!);
        File.WriteAllBytes(Golden(), Bytes(Written()));
    }

    private static Task<int> RunAsync(HashSet<SyncPoint> lies) => PowerCuts.EverywhereAsync<Dictionary<string, int>>(
        () =>
        {
            var disk = new SimulatedDisk();
            disk.Lies.UnionWith(lies);
            return disk;
        },
        static (disk, told) =>
        {
            var files = new DeadLetterFiles(disk, Folder);
            files.Write(Letter);
            told[Letter.Id] = 1;
            files.Write(Letter with { Id = Later(1) });
            told[Later(1)] = 1;
            files.Write(Letter with { Attempts = 2 });
            told[Letter.Id] = 2;
            told.Remove(Later(1));
            files.Remove(Later(1));
            return Task.CompletedTask;
        },
        static (left, told, _) =>
        {
            var (letters, unreadable) = Load(new DeadLetterFiles(left, Folder));
            Assert.Empty(unreadable);
            foreach (var (id, attempts) in told)
            {
                Assert.True(letters.Exists(letter => letter.Id == id && letter.Attempts >= attempts), id);
            }

            return Task.CompletedTask;
        },
        Fates);

    private static (List<DeadLetter> Letters, IReadOnlyList<UnreadableDeadLetter> Unreadable) Load(
        DeadLetterFiles files)
    {
        var letters = new List<DeadLetter>();
        return (letters, files.Load(letters.Add));
    }

    private static string Later(int count) => Letter.Id[..^1] + (char)(Letter.Id[^1] + count);

    private static SimulatedDisk Written()
    {
        var disk = new SimulatedDisk();
        new DeadLetterFiles(disk, Folder).Write(Letter);
        return disk;
    }

    private static void AssertSame(DeadLetter expected, DeadLetter actual)
    {
        Assert.Equal(expected with { Event = default }, actual with { Event = default });
        Assert.Equal(expected.Event.Span, actual.Event.Span);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Bytes(SimulatedDisk disk)
    {
        using var file = disk.Open($"{Folder}/{Letter.Id}.json", DiskAccess.Read);
        var bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }

    private static void Put(SimulatedDisk disk, byte[] bytes)
    {
        using var file = disk.Open($"{Folder}/{Letter.Id}.json", DiskAccess.ReadWrite);
        file.WriteFully(bytes, 0);
    }

    private static string Golden([CallerFilePath] string here = "") => Path.Combine(
        Path.GetDirectoryName(here)!, "..", "Golden", "dead-letter", "v1", "0192f0000000700080000000000000a1.json");
}
