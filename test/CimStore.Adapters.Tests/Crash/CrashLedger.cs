using System.Globalization;
using CimStore.Content;
using CimStore.Crashing;
using CimStore.Disk;
using CimStore.Locations;
using CimStore.Objects;
using Xunit;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>
/// What the children of one directory asked for and were promised, and whether the directory keeps it.
/// </summary>
internal sealed class CrashLedger
{
    private const string Nothing = "-";

    private readonly Dictionary<Cid, Expected> _contents = [];
    private readonly HashSet<Cid> _released = [];
    private readonly Dictionary<string, List<string>> _names = new(StringComparer.Ordinal);

    public int Promises { get; private set; }

    public void Note(CrashReport report)
    {
        Promises += report.Verb == CrashVerb.Holds ? 1 : 0;
        switch (report)
        {
            case { What: "store" }:
                var cid = Cid.Parse(report.Subject);
                var size = int.Parse(report.Value, CultureInfo.InvariantCulture);
                var isHeld = report.Verb == CrashVerb.Holds
                    || (_contents.TryGetValue(cid, out var before) && before.Mode == Mode.Present);
                _contents[cid] = new Expected(size, isHeld ? Mode.Present : Mode.Either);
                break;
            case { What: "delete" }:
                var deleted = Cid.Parse(report.Subject);
                var mode = report.Verb == CrashVerb.Holds ? Mode.Absent : Mode.Either;
                _contents[deleted] = _contents[deleted] with { Mode = mode };
                break;
            case { What: "release" }:
                _released.Add(Cid.Parse(report.Subject));
                break;
            case { What: "name", Verb: CrashVerb.Asks }:
                Values(report.Subject).Add(report.Value);
                break;
            case { What: "name" }:
                _names[report.Subject] = [report.Value];
                break;
        }
    }

    /// <summary>
    /// Opens what the dead left. What may be either is from then on what it was found to be: what was seen once stays.
    /// </summary>
    /// <param name="directory">Where they stored.</param>
    /// <param name="isChecked">Whether the index is compared with one made anew from the log, which takes long.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task VerifyAsync(string directory, bool isChecked, CancellationToken cancellationToken)
    {
        await using var store = await DiskStore.OpenAsync(
            CrashStore.Options(directory), TimeProvider.System, CrashStore.Parts(new Disk.Files.PosixDisk()),
            cancellationToken);
        Assert.DoesNotContain(store.Warnings, static warning => !IsExpected(warning));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(directory, "staging")));
        var found = new HashSet<Cid>();
        await foreach (var record in store.ListAsync(DedupDomain.Shared, null, cancellationToken))
        {
            await AssertWholeAsync(store, record, cancellationToken);
            found.Add(record.Key.Cid);
        }

        Settle(found);
        await SettleNamesAsync(store, found, cancellationToken);
        foreach (var cid in _released)
        {
            var record = await store.FindAsync(ContentKey.Shared(cid), cancellationToken);
            Assert.True(record is null or { Copies: [] }, $"{cid} was given up and its bytes are back.");
        }

        await AssertChainAsync(store, cancellationToken);
        Assert.Empty(isChecked ? await store.CheckAsync(cancellationToken) : []);
    }

    private static async Task AssertChainAsync(DiskStore store, CancellationToken cancellationToken)
    {
        Cid? previous = null;
        await foreach (var entry in store.ReadAsync(Lsn.None, cancellationToken))
        {
            Assert.Equal(previous, entry.PreviousCid);
            previous = entry.EventCid;
        }
    }

    private static bool IsExpected(string warning) =>
        warning.Contains("--force-unsafe", StringComparison.Ordinal)
        || warning.Contains("MiB free", StringComparison.Ordinal);

    private async Task AssertWholeAsync(DiskStore store, ObjectRecord record, CancellationToken cancellationToken)
    {
        var cid = record.Key.Cid;
        Assert.True(_contents.TryGetValue(cid, out var expected), $"{cid} is listed and was never asked for.");
        Assert.Equal(expected.SizeBytes, record.SizeBytes);
        var bytes = new byte[record.SizeBytes];
        var read = await store.ReadAsync(record.Key, record.Copies.Single(), 0, bytes, cancellationToken);
        Assert.True(read == bytes.Length, $"{cid} is listed; {read} of its {bytes.Length} bytes are there.");
        Assert.True(CrashContent.CidOf(bytes) == cid, $"{cid} is listed and holds other bytes.");
    }

    private void Settle(HashSet<Cid> found)
    {
        foreach (var (cid, expected) in _contents.ToArray())
        {
            var isThere = found.Contains(cid);
            Assert.False(expected.Mode == Mode.Present && !isThere, $"{cid} was promised and is gone.");
            Assert.False(expected.Mode == Mode.Absent && isThere, $"{cid} was deleted and is back.");
            _contents[cid] = expected with { Mode = isThere ? Mode.Present : Mode.Absent };
        }
    }

    private async Task SettleNamesAsync(DiskStore store, HashSet<Cid> found, CancellationToken cancellationToken)
    {
        foreach (var (name, allowed) in _names.ToArray())
        {
            var record = await store.FindNameAsync(OwnerId.Local, NamespaceId.Default, name, cancellationToken);
            var value = record?.Cid?.ToString() ?? Nothing;
            Assert.True(allowed.Contains(value), $"{name} is {value}, not {string.Join(" or ", allowed)}.");
            Assert.True(record?.Cid is not { } target || found.Contains(target), $"{name} names {value}, not here.");
            _names[name] = [value];
        }

        var listed = store.ListNamesAsync(OwnerId.Local, NamespaceId.Default, null, cancellationToken);
        Assert.Equal(
            _names.Where(static name => name.Value[0] != Nothing).Select(static name => name.Key).Order(),
            (await listed.Select(static name => name.Name).ToListAsync(cancellationToken)).Order());
    }

    private List<string> Values(string name)
    {
        if (!_names.TryGetValue(name, out var values))
        {
            _names[name] = values = [Nothing];
        }

        return values;
    }

    private enum Mode
    {
        Either,
        Present,
        Absent,
    }

    private readonly record struct Expected(int SizeBytes, Mode Mode);
}
