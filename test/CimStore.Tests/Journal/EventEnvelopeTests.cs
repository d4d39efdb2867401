using System.Text;
using System.Text.Json;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using Xunit;

namespace CimStore.Tests.Journal;

public sealed class EventEnvelopeTests
{
    public static TheoryData<string> Samples => [.. EventSamples.All().Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Samples))]
    [Trait("row", "G2")]
    public void An_envelope_reads_back_as_it_was_written(string name)
    {
        foreach (var isRoot in new[] { true, false })
        {
            var entry = EventSamples.Entry(Sample(name), isRoot);

            Same.Entry(entry, EventEnvelope.Read(EventEnvelope.Write(entry)));
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    [Trait("row", "G2")]
    public void The_envelope_never_changes(string name)
    {
        var actual = EventEnvelope.Write(EventSamples.Entry(Sample(name), isRoot: false));

        Assert.Equal(
            Encoding.UTF8.GetString(Golden.Read("events/v1", name + ".json", actual)), Encoding.UTF8.GetString(actual));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void The_schema_names_every_field(string name)
    {
        using var schema = JsonDocument.Parse(File.ReadAllBytes(Schema()));
        using var envelope = JsonDocument.Parse(EventEnvelope.Write(EventSamples.Entry(Sample(name), isRoot: false)));
        var properties = schema.RootElement.GetProperty("properties");
        var data = properties.GetProperty("data").GetProperty("properties");

        Assert.All(
            envelope.RootElement.EnumerateObject(), field => Assert.True(properties.TryGetProperty(field.Name, out _)));
        Assert.All(
            envelope.RootElement.GetProperty("data").EnumerateObject(),
            field => Assert.True(data.TryGetProperty(field.Name, out _), field.Name));
        Assert.All(
            schema.RootElement.GetProperty("required").EnumerateArray(),
            field => Assert.True(envelope.RootElement.TryGetProperty(field.GetString()!, out _)));
    }

    [Theory]
    [InlineData(StorageTier.Hot, StorageTier.Warm, "events.storage.migrated.warm")]
    [InlineData(StorageTier.Warm, StorageTier.Cold, "events.storage.migrated.cold")]
    [InlineData(StorageTier.Cold, StorageTier.Archive, "events.storage.archived")]
    [InlineData(StorageTier.Cold, StorageTier.Hot, "events.storage.promoted.hot")]
    public void Moves_have_the_subjects_of_the_pipeline(StorageTier from, StorageTier to, string expected)
    {
        var key = ContentKey.Shared(EventSamples.Content("x"));

        Assert.Equal(expected, EventTypes.Subject(new StorageEvent.Migrated(key, from, to)));
        Assert.Equal("events.storage.stored.hot", EventTypes.Subject(Sample("stored")));
        Assert.Equal("reads.storage.retrieved", EventTypes.Subject(Sample("retrieved")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"event_version": 2}""")]
    [InlineData("nonsense")]
    public void What_is_no_envelope_is_refused(string text) =>
        Assert.Throws<IntegrityException>(() => EventEnvelope.Read(Encoding.UTF8.GetBytes(text)));

    private static StorageEvent Sample(string name) => EventSamples.All().Single(sample => sample.Name == name).Event;

    private static string Schema([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.Combine(
        Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "schemas", "event.json");
}
