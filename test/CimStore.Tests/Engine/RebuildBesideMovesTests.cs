using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>
/// A copy that is made and not yet journaled, or given up and not yet gone, looks like one that nobody knows. The
/// catalog is made again at exactly these moments.
/// </summary>
public sealed class RebuildBesideMovesTests
{
    private static readonly LocationId Warm = new("warm");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly byte[] _content = Samples.Bytes(5000, 1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_copy_whose_bytes_are_going_is_not_admitted()
    {
        var (node, warm) = await OpenAsync();
        await using var open = node;
        var cid = await StoreAsync(node);
        await MoveAsync(node, cid, StorageTier.Warm);
        List<RebuildFinding> seen = [];
        warm.BeforeRelease = async () => seen = await RebuildAsync(node);

        await MoveAsync(node, cid, StorageTier.Cold);

        Assert.Equal(RebuildVerdict.Unread, Assert.Single(seen).Verdict);
        Assert.Equal(new LocationId("cold"), Assert.Single((await node.StatAsync(cid, Token))!.Copies).Location);
        Assert.Empty(await RebuildAsync(node));
        Assert.Equal(_content, await node.ReadAsync(cid, Token));
    }

    [Fact]
    public async Task A_copy_that_is_being_made_is_left_to_whoever_makes_it()
    {
        var (node, warm) = await OpenAsync();
        await using var open = node;
        var cid = await StoreAsync(node);
        List<RebuildFinding> seen = [];
        warm.AfterSeal = async () => seen = await RebuildAsync(node);

        await MoveAsync(node, cid, StorageTier.Warm);

        Assert.Equal(RebuildVerdict.Unread, Assert.Single(seen).Verdict);
        Assert.Equal(Warm, Assert.Single((await node.StatAsync(cid, Token))!.Copies).Location);
        Assert.Equal(RebuildVerdict.Known, Assert.Single(await RebuildAsync(node)).Verdict);
        Assert.Equal(_content, await node.ReadAsync(cid, Token));
    }

    [Fact]
    public async Task A_header_that_names_another_root_is_not_believed()
    {
        var (node, warm) = await OpenAsync();
        await using var open = node;
        await using var staged = await warm.StageAsync(null, Token);
        var manifest = await LocationUnderTest.WriteAsync(staged, _content, Token);
        await staged.SealAsync(manifest with { Root = Samples.CidOf([1]) }, Token);

        var finding = Assert.Single(await node.RebuildAsync(new RebuildRequest(Warm, Proves: false), Token)
            .ToListAsync(Token));

        Assert.Equal(RebuildVerdict.Bad, finding.Verdict);
        Assert.Contains("root", finding.Detail, StringComparison.Ordinal);
        Assert.Null(await node.StatAsync(Samples.CidOf(_content), Token));
    }

    /// <summary>As one in which a file lies where another should.</summary>
    [Fact]
    public async Task A_location_that_lists_a_copy_twice_holds_nothing_up()
    {
        var (node, warm) = await OpenAsync();
        await using var open = node;
        foreach (var seed in new[] { 2, 3 })
        {
            await new LocationUnderTest(warm).AdmitAsync(Samples.Bytes(5000, seed), Token);
        }

        warm.ListsFirstAgain = true;
        var findings = await RebuildAsync(node).WaitAsync(TimeSpan.FromSeconds(30), Token);

        Assert.Equal(
            [RebuildVerdict.Admitted, RebuildVerdict.Admitted, RebuildVerdict.Known],
            findings.Select(static finding => finding.Verdict));
    }

    /// <summary>Cycles come between the parts of a copy and the entry that tells of it.</summary>
    [Fact]
    public async Task That_a_copy_lacks_parts_before_it_is_journaled_is_not_forgotten_for_an_hour()
    {
        var (node, warm) = await OpenAsync(parts: 3, needed: 2);
        await using var open = node;
        var key = ContentKey.Shared(Samples.CidOf(_content));
        var copy = await new LocationUnderTest(warm).AdmitAsync(_content, Token);
        warm.Inner.Rot(key, copy, [0]);
        await warm.ReadAsync(key, copy, 0, new byte[100], Token);

        await node.Scavenger!.RunAsync(Token);
        await node.Scrubber!.RunAsync(null, Token);
        var kept = node.Scavenger.TakeLacking();
        await warm.ReadAsync(key, copy, 0, new byte[100], Token);
        await node.Scavenger.RunAsync(Token);
        _time.Advance(TimeSpan.FromMinutes(61));
        await node.Scavenger.RunAsync(Token);

        Assert.Equal((key, copy.Incarnation), Assert.Single(kept).Key);
        Assert.Empty(node.Scavenger.TakeLacking());
    }

    private async Task<(StorageNode Node, Meddled Warm)> OpenAsync(int parts = 1, int needed = 1)
    {
        var store = new MemoryStore(_time, new IdSource(_time));
        var warm = new Meddled(Location("warm", StorageTier.Warm, parts, needed));
        var ports = StorageNodePorts.Of(store) with
        {
            Locations = [store, warm, Location("cold", StorageTier.Cold)],
            Tiers = new TierSettings(MigrationPolicies.SeedV1, new MemoryDueIndex()),
        };
        var node = await StorageNode.OpenAsync(
            ports, _time, new IdSource(_time), new StorageNodeOptions(), null, Token);
        return (node, warm);
    }

    private MemoryLocation Location(string name, StorageTier tier, int parts = 1, int needed = 1) => new(
        new LocationId(name),
        new LocationTraits
        {
            Tier = tier,
            Medium = "memory",
            Labels = Label(name),
            Parts = parts == 1 ? [] : [.. Enumerable.Range(0, parts).Select(part => Label($"{name}{part}"))],
            PartsNeeded = needed,
        },
        _time);

    private static Dictionary<string, string> Label(string name) => new() { ["device"] = name };

    private async Task<Cid> StoreAsync(StorageNode node) => (await node.StoreAsync(
        _content, Token, StoreRequest.Default with { Class = DurabilityClass.Ephemeral })).Cid;

    private static async Task MoveAsync(StorageNode node, Cid cid, StorageTier tier) =>
        await node.MigrateAsync(cid, new MigrateRequest(tier, CommandIdentity.None), Token);

    private static async Task<List<RebuildFinding>> RebuildAsync(StorageNode node) =>
        await node.RebuildAsync(new RebuildRequest(Warm), Token).ToListAsync(Token);

    /// <summary>Lets something happen between two steps of the engine.</summary>
    private sealed class Meddled(MemoryLocation inner) : LocationOver(inner)
    {
        public MemoryLocation Inner => inner;

        public bool ListsFirstAgain { get; set; }

        public override IAsyncEnumerable<HeldCopy> ListCopiesAsync(
            ContentKey? after, CancellationToken cancellationToken)
        {
            var listed = base.ListCopiesAsync(after, cancellationToken);
            return ListsFirstAgain ? listed.Concat(listed.Take(1)) : listed;
        }

        public Func<Task> BeforeRelease { get; set; } = static () => Task.CompletedTask;

        public Func<Task> AfterSeal { get; set; } = static () => Task.CompletedTask;

        public override async ValueTask ReleaseAsync(
            ContentKey key, ulong incarnation, CancellationToken cancellationToken)
        {
            await BeforeRelease();
            await base.ReleaseAsync(key, incarnation, cancellationToken);
        }

        public override async ValueTask<IStagedContent> StageAsync(
            long? sizeHint, CancellationToken cancellationToken) =>
            new MeddledContent(await base.StageAsync(sizeHint, cancellationToken), this);
    }

    private sealed class MeddledContent(IStagedContent inner, Meddled location) : IStagedContent
    {
        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            inner.WriteAsync(bytes, cancellationToken);

        public ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken) =>
            inner.WriteTreeAsync(nodes, cancellationToken);

        public async ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
        {
            var made = await inner.SealAsync(manifest, cancellationToken);
            await location.AfterSeal();
            return made;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
