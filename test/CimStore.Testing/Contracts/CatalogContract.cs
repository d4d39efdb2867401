using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using Xunit;

namespace CimStore.Testing.Contracts;

/// <summary>What every <see cref="ICatalog"/> does.</summary>
public abstract class CatalogContract : StoreContract
{
    private static readonly DateTimeOffset Soon = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task An_empty_catalog_knows_nothing()
    {
        Assert.Null(await Catalog.FindAsync(ContentKey.Shared(Samples.CidOf([1])), Token));
        Assert.Empty(await Catalog.ListAsync(DedupDomain.Shared, null, Token).ListAsync(Token));
        Assert.Empty(await Catalog.ListExpiredAsync(Soon, Token).ListAsync(Token));
        Assert.Null(await Catalog.FindNameAsync(OwnerId.Local, NamespaceId.Default, "n", Token));
        Assert.Empty(await Catalog.ListNamesAsync(OwnerId.Local, NamespaceId.Default, null, Token).ListAsync(Token));
        Assert.Null(await Catalog.FindCommandAsync(new MessageId(Guid.Empty), Token));
        Assert.Empty(await Catalog.UsageAsync(Token));
    }

    [Fact]
    public async Task The_record_is_what_the_entries_make_of_it()
    {
        var stored = await AppendAsync([1, 2, 3]);
        var key = ObjectHistory.KeyOf(stored.Event)!.Value;
        ObjectRecord? expected = stored.ApplyTo(default(ObjectRecord));
        StorageEvent[] events =
        [
            new StorageEvent.Verified(key, Location.Id, stored.Lsn.Value),
            new StorageEvent.Migrated(key, StorageTier.Hot, StorageTier.Warm),
            new StorageEvent.CorruptionDetected(key, Location.Id, stored.Lsn.Value, "a test"),
            new StorageEvent.Deleted(key, ((StorageEvent.Stored)stored.Event).Reference, Soon),
        ];

        foreach (var happened in events)
        {
            await SameAsync(key, expected);
            expected = (await AppendAsync(happened)).ApplyTo(expected);
        }

        await SameAsync(key, expected);
    }

    [Fact]
    public async Task Objects_are_listed_in_the_order_of_their_text_without_tombstones()
    {
        var keys = new List<ContentKey>();
        for (var index = 0; index < 40; index++)
        {
            keys.Add(ObjectHistory.KeyOf((await AppendAsync([(byte)index, 9])).Event)!.Value);
        }

        await AppendAsync(new StorageEvent.Deleted(keys[5], null, Soon));
        var expected = keys.Where(key => key != keys[5])
            .OrderBy(key => key.Cid.ToString(), StringComparer.Ordinal).ToList();

        var all = await Catalog.ListAsync(DedupDomain.Shared, null, Token).ListAsync(Token);
        var rest = await Catalog.ListAsync(DedupDomain.Shared, expected[10].Cid, Token).ListAsync(Token);

        Assert.Equal(expected, all.Select(record => record.Key));
        Assert.Equal(expected.Skip(11), rest.Select(record => record.Key));
    }

    [Fact]
    public async Task What_expires_is_listed_until_it_is_released()
    {
        var stored = await AppendAsync([7]);
        var key = ObjectHistory.KeyOf(stored.Event)!.Value;
        await AppendAsync(new StorageEvent.Deleted(key, ((StorageEvent.Stored)stored.Event).Reference, Soon));

        Assert.Empty(await Catalog.ListExpiredAsync(Soon.AddTicks(-1), Token).ListAsync(Token));
        Assert.Single(await Catalog.ListExpiredAsync(Soon, Token).ListAsync(Token));
        Assert.Single(await Catalog.ListExpiredAsync(Soon.AddTicks(1), Token).ListAsync(Token));

        await AppendAsync(new StorageEvent.Released(key, Location.Id, stored.Lsn.Value));
        Assert.Empty(await Catalog.ListExpiredAsync(Soon.AddDays(1), Token).ListAsync(Token));
    }

    [Fact]
    public async Task Content_stored_without_a_reference_expires_too()
    {
        await AppendAsync(Stored([8], grace: Soon) with { Deduplicated = true });

        Assert.Empty(await Catalog.ListExpiredAsync(Soon.AddTicks(-1), Token).ListAsync(Token));
        Assert.Single(await Catalog.ListExpiredAsync(Soon, Token).ListAsync(Token));
        Assert.Single(await Catalog.ListAsync(DedupDomain.Shared, null, Token).ListAsync(Token));
    }

    [Fact]
    public async Task Names_are_found_listed_and_remembered_when_deleted()
    {
        var key = ObjectHistory.KeyOf((await AppendAsync([1])).Event)!.Value;
        foreach (var name in (string[])["b", "a", "a/b", "ä"])
        {
            await AppendAsync(new StorageEvent.NameSet(Name(name), key, null, Lsn.None));
        }

        var before = (await Catalog.FindNameAsync(OwnerId.Local, NamespaceId.Default, "a", Token))!;
        await AppendAsync(new StorageEvent.NameDeleted(Name("a"), key, before.Revision, null));

        Assert.Equal(key.Cid, before.Cid);
        var deleted = (await Catalog.FindNameAsync(OwnerId.Local, NamespaceId.Default, "a", Token))!;
        Assert.Null(deleted.Cid);
        Assert.Equal(before.Revision, deleted.Previous);
        var listed = await Catalog.ListNamesAsync(OwnerId.Local, NamespaceId.Default, null, Token).ListAsync(Token);
        Assert.Equal(["a/b", "b", "ä"], listed.Select(name => name.Name));
        var rest = await Catalog.ListNamesAsync(OwnerId.Local, NamespaceId.Default, "a/b", Token).ListAsync(Token);
        Assert.Equal(["b", "ä"], rest.Select(name => name.Name));
        Assert.Null(await Catalog.FindNameAsync(new OwnerId("ada"), NamespaceId.Default, "b", Token));
    }

    [Fact]
    public async Task A_command_with_a_digest_is_remembered()
    {
        var id = new IdSource(TimeProvider.System).Next();
        var entry = Assert.Single(await Journal.AppendAsync([Change([1], id: id)], Token));
        await AppendAsync([2]);

        var outcome = (await Catalog.FindCommandAsync(id, Token))!;

        Assert.Equal(entry.Lsn, outcome.Lsn);
        Assert.Equal(new byte[16], outcome.RequestDigest.ToArray());
        Assert.Null(await Catalog.FindCommandAsync(new IdSource(TimeProvider.System).Next(), Token));
    }

    [Fact]
    [Trait("row", "B10")]
    public async Task Each_owner_is_charged_for_what_it_refers_to()
    {
        var content = new byte[1000];
        var ada = new Reference(new OwnerId("ada"), NamespaceId.Default, null);
        var stored = await AppendAsync(content);
        await AppendAsync(Stored(content, ada) with { Deduplicated = true });
        await AppendAsync([1]);

        var usage = (await Catalog.UsageAsync(Token)).ToDictionary(owner => owner.Owner.Name);

        Assert.Equal(new OwnerUsage(OwnerId.Local, 2, 2, 1001), usage["local"]);
        Assert.Equal(new OwnerUsage(ada.Owner, 1, 1, 1000), usage["ada"]);
        await AppendAsync(new StorageEvent.Deleted(ObjectHistory.KeyOf(stored.Event)!.Value, ada, null));
        Assert.DoesNotContain(await Catalog.UsageAsync(Token), owner => owner is { Owner.Name: "ada", Objects: > 0 });
    }

    [Fact]
    [Trait("row", "B10")]
    public async Task The_totals_count_each_present_content_once()
    {
        var content = new byte[1000];
        var ada = new Reference(new OwnerId("ada"), NamespaceId.Default, null);
        await AppendAsync(content);
        await AppendAsync(Stored(content, ada) with { Deduplicated = true });
        var loose = Change([1, 2, 3]);
        var unreferenced = ((StorageEvent.Stored)loose.Event) with
        {
            Reference = null, GraceEndsAt = DateTimeOffset.UnixEpoch,
        };
        await Journal.AppendAsync([loose with { Event = unreferenced }], Token);
        var gone = await AppendAsync([4, 5]);
        Assert.Equal(new CatalogTotals(3, 1005), await Catalog.TotalsAsync(Token));

        await AppendAsync(new StorageEvent.Deleted(
            ObjectHistory.KeyOf(gone.Event)!.Value, ((StorageEvent.Stored)gone.Event).Reference,
            DateTimeOffset.UnixEpoch));

        Assert.Equal(new CatalogTotals(2, 1003), await Catalog.TotalsAsync(Token));
    }

    [Fact]
    public async Task A_cancelled_call_is_cancelled()
    {
        var key = ContentKey.Shared(Samples.CidOf([1]));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Catalog.FindAsync(key, Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Catalog.UsageAsync(Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Catalog.FindCommandAsync(new MessageId(Guid.Empty), Cancelled));
    }

    private static Reference Name(string name) => new(OwnerId.Local, NamespaceId.Default, name);

    private async Task SameAsync(ContentKey key, ObjectRecord? expected)
    {
        var actual = await Catalog.FindAsync(key, Token);
        Assert.Equal(expected!.Copies.AsEnumerable(), actual!.Copies);
        Assert.Equal(expected.References.AsEnumerable(), actual.References);
        Assert.Equal(
            expected with { Copies = [], References = [] }, actual with { Copies = [], References = [] });
    }
}
