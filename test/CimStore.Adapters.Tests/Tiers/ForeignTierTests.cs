using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using CimStore.Translation;
using Xunit;

namespace CimStore.Adapters.Tests.Tiers;

/// <summary>What another context's word means where there are locations enough to keep it.</summary>
[Trait("row", "G4")]
public sealed class ForeignTierTests
{
    private static readonly Reference Pin = new(OwnerId.Local, NamespaceId.Default, null);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_factor_above_the_class_makes_copies_after_the_store_and_a_migrate_moves()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var ids = new ForeignIdentity(new MessageId(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)), null, null, null);
        TranslatedCommand[] commands = [Store(4), new TranslatedCommand.Migrate(null, StorageTier.Cold)];

        var first = await RunAsync(tiers, ids, commands);
        var again = await RunAsync(tiers, ids, commands);

        Assert.Null(first.Refusal);
        Assert.Equal(["store", "replicate", "migrate"], first.Done.Select(result => result.Word));
        Assert.Equal(
            new[] { 0, 256, 1 }.Select(step => ForeignIdentity.OfCommand(ids.MessageId!.Value, step)),
            first.Done.Select(result => result.CommandId));
        Assert.True(first.Done[1].Copies >= 4, $"{first.Done[1].Copies}");
        Assert.Equal(StorageTier.Cold, first.Done[2].Tier);
        Assert.Null(again.Refusal);
        Assert.True(again.Done[0].Replayed);
        Assert.Equal(StorageTier.Cold, (await tiers.Node.StatAsync(first.Done[0].Cid!.Value, Token))!.Tier);
    }

    [Fact]
    public async Task A_word_gives_up_no_copies_that_others_asked_for_and_a_number_does()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var cid = (await RunAsync(tiers, ForeignIdentity.None, Store(null))).Done[0].Cid!.Value;
        await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(7, CommandIdentity.None), Token);

        var word = await RunAsync(tiers, ForeignIdentity.None, Store(4));
        var number = await RunAsync(
            tiers, ForeignIdentity.None, new TranslatedCommand.Replicate(cid, 2, IsAtLeast: false));

        Assert.Equal(7, word.Done[1].Copies);
        Assert.True(number.Done[0].Copies < 7, $"{number.Done[0].Copies}");
    }

    private static ValueTask<ForeignOutcome> RunAsync(
        TieredNode tiers, ForeignIdentity ids, params TranslatedCommand[] commands) =>
        new ForeignCommands(tiers.Node).ExecuteAsync(
            new TranslationOutcome.Commands("rule", [.. commands], ids), new IdSource(tiers.Time).Next(), null, Token);

    private static TranslatedCommand.Store Store(int? factor) => new(
        Samples.Bytes(2000, 1), null, Codecs.Raw, HashFunctions.Blake3,
        ConsistencyTerms.Default with { Class = DurabilityClass.Standard, Factor = factor }, AccessPattern.Unspecified,
        Pin);
}
