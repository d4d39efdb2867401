using CimStore.Journal;
using CimStore.Objects;
using Xunit;

namespace CimStore.Tests.Journal;

/// <summary>
/// Equality by what things say. Records that hold arrays compare them by identity; their journal form does not.
/// </summary>
internal static class Same
{
    public static void Event(StorageEvent expected, StorageEvent actual) =>
        Assert.Equal(Bytes(expected), Bytes(actual));

    public static void Entry(JournalEntry expected, JournalEntry actual)
    {
        Assert.Equal(expected.Lsn, actual.Lsn);
        Assert.Equal(expected.EventId, actual.EventId);
        Assert.Equal(expected.At, actual.At);
        Assert.Equal(expected.EventCid, actual.EventCid);
        Assert.Equal(expected.PreviousCid, actual.PreviousCid);
        Assert.Equal(
            expected.Context with { RequestDigest = default }, actual.Context with { RequestDigest = default });
        Assert.Equal(expected.Context.RequestDigest.ToArray(), actual.Context.RequestDigest.ToArray());
        Event(expected.Event, actual.Event);
    }

    public static void Record(ObjectRecord? expected, ObjectRecord? actual)
    {
        if (expected is null || actual is null)
        {
            Assert.Equal(expected, actual);
            return;
        }

        Assert.Equal(expected.Copies.AsEnumerable(), actual.Copies);
        Assert.Equal(expected.References.AsEnumerable(), actual.References);
        Assert.Equal(
            expected with { Copies = [], References = [] }, actual with { Copies = [], References = [] });
    }

    private static byte[] Bytes(StorageEvent happened) =>
        EventSamples.Encode(happened, EventSamples.Context(true), new Lsn(1), null);
}
