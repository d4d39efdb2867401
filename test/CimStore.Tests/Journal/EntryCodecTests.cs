using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Journal;

public sealed class EntryCodecTests
{
    public static TheoryData<string> Samples => [.. EventSamples.All().Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void An_entry_reads_back_as_it_was_written(string name)
    {
        var happened = Sample(name);

        foreach (var isRoot in new[] { true, false })
        {
            var context = EventSamples.Context(isRoot);
            var bytes = EventSamples.Encode(happened, context, new Lsn(70_000), EventSamples.Sha("before"));

            var entry = EntryCodec.Read(bytes, out var consumed, out var chain);

            Assert.Equal(bytes.Length, consumed);
            Assert.Equal(EventSamples.Chain, chain);
            Assert.Equal(new Lsn(70_000), entry.Lsn);
            Assert.Equal(EventSamples.Sha("before"), entry.PreviousCid);
            Assert.Equal(EventSamples.At, entry.At);
            Assert.Equal(context with { RequestDigest = default }, entry.Context with { RequestDigest = default });
            Same.Event(happened, entry.Event);
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    [Trait("row", "G2")]
    public void The_journals_form_never_changes(string name)
    {
        var actual = EventSamples.Encode(
            Sample(name), EventSamples.Context(false), new Lsn(12), EventSamples.Content("previous"));

        Assert.Equal(Golden.Read("events/v1", name + ".cbor", actual), actual);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_flipped_byte_is_refused_or_changes_the_name(string name)
    {
        var bytes = EventSamples.Encode(
            Sample(name), EventSamples.Context(false), new Lsn(12), EventSamples.Content("previous"));
        var original = EntryCodec.Read(bytes, out _, out _);

        for (var index = 0; index < bytes.Length; index++)
        {
            var changed = bytes.ToArray();
            changed[index] ^= 0x01;
            try
            {
                Assert.NotEqual(original.EventCid, EntryCodec.Read(changed, out _, out _).EventCid);
            }
            catch (Exception fault) when (fault is IntegrityException or ArgumentException)
            {
                // Refused: as good.
            }
        }
    }

    [Fact]
    public void Every_cut_is_refused()
    {
        var bytes = EventSamples.Encode(
            Sample("stored-everything"), EventSamples.Context(false), new Lsn(12), null);

        for (var size = 0; size < bytes.Length; size++)
        {
            Assert.Throws<IntegrityException>(() => EntryCodec.Read(bytes.AsSpan(0, size), out _, out _));
        }
    }

    [Fact]
    public void Arbitrary_bytes_are_refused_without_a_crash()
    {
        var sample = EventSamples.Encode(Sample("stored-everything"), EventSamples.Context(false), new Lsn(12), null);

        Gen.Select(Gen.Int[0, sample.Length - 1], Gen.Byte, Gen.Int[0, sample.Length - 1], Gen.Byte).Sample(
            (first, one, second, two) =>
            {
                var bytes = sample.ToArray();
                bytes[first] = one;
                bytes[second] = two;
                try
                {
                    EntryCodec.Read(bytes, out _, out _);
                    return true;
                }
                catch (Exception fault) when (fault is IntegrityException or ArgumentException)
                {
                    return true;
                }
            });
    }

    [Fact]
    public void Erasing_the_private_part_keeps_the_chain()
    {
        var bytes = EventSamples.Encode(
            Sample("name_set"), EventSamples.Context(false), new Lsn(12), EventSamples.Content("previous"));
        var before = EntryCodec.Read(bytes, out _, out _);

        var erased = new byte[bytes.Length];
        var size = EntryCodec.Erase(bytes, erased);
        var after = EntryCodec.Read(erased.AsSpan(0, size), out _, out _);

        Assert.Equal(before.EventCid, after.EventCid);
        Assert.Equal(EntryCodec.Erased, after.Context.Actor);
        Assert.Equal(new OwnerId(EntryCodec.Erased), Assert.IsType<StorageEvent.NameSet>(after.Event).Reference.Owner);
        Assert.DoesNotContain("Charles", System.Text.Encoding.UTF8.GetString(erased.AsSpan(0, size)));
    }

    [Fact]
    public void A_usual_store_is_small()
    {
        var bytes = EventSamples.Encode(
            Sample("stored"), EventSamples.Context(true), new Lsn(1_000_000), EventSamples.Content("previous"));

        Assert.InRange(bytes.Length, 1, 400);
    }

    [Fact]
    public void A_draft_can_be_sealed_again_elsewhere()
    {
        var draft = new EntryDraft();
        draft.Write(
            EventSamples.Chain, EventSamples.Id(5), EventSamples.At, EventSamples.Context(false), Sample("stored"),
            EventSamples.Salt);
        var one = new byte[draft.SizeMax];
        var two = new byte[draft.SizeMax];

        draft.Seal(new Lsn(1), null, one, out var first);
        draft.Seal(new Lsn(2), first, two, out var second);

        Assert.Equal(first, EntryCodec.Read(one, out _, out _).EventCid);
        Assert.Equal(second, EntryCodec.Read(two, out _, out _).EventCid);
        Assert.Equal(first, EntryCodec.Read(two, out _, out _).PreviousCid);
    }

    [Fact]
    public void Every_event_has_a_sample()
    {
        var types = typeof(StorageEvent).GetNestedTypes().Where(type => type.IsSubclassOf(typeof(StorageEvent)));

        Assert.Equal(
            types.OrderBy(type => type.Name, StringComparer.Ordinal),
            EventSamples.All().Select(sample => sample.Event.GetType()).Distinct()
                .OrderBy(type => type.Name, StringComparer.Ordinal));
    }

    private static StorageEvent Sample(string name) => EventSamples.All().Single(sample => sample.Name == name).Event;
}
