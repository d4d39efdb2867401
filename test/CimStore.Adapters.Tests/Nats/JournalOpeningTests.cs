using CimStore.Locations;
using CimStore.Nats.Journal;
using NATS.Client.JetStream.Models;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

public sealed class JournalOpeningTests(NatsFixture nats) : IClassFixture<NatsFixture>
{
    private readonly JournalOptions _options = ClusterStore.NewJournal();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_journal_that_is_gone_is_not_begun_anew()
    {
        await (await ClusterStore.OpenJournalAsync(nats.Link, _options, Token)).DisposeAsync();
        await nats.Link.JetStream.DeleteStreamAsync(_options.Stream, Token);

        var refused = await Assert.ThrowsAsync<LocationException>(
            async () => await ClusterStore.OpenJournalAsync(nats.Link, _options, Token));

        Assert.Equal(LocationFault.Offline, refused.Fault);
        Assert.Contains("is gone", refused.Message, StringComparison.Ordinal);
        Assert.Contains("restore it from a backup", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_forgets_is_no_journal()
    {
        await nats.Link.JetStream.CreateStreamAsync(
            new StreamConfig(_options.Stream, [_options.SubjectPrefix + ".>"])
            {
                Storage = StreamConfigStorage.Memory,
                MaxMsgsPerSubject = 1,
            },
            Token);

        var refused = await Assert.ThrowsAsync<LocationException>(
            async () => await ClusterStore.OpenJournalAsync(nats.Link, _options, Token));

        Assert.Contains("another configuration", refused.Message, StringComparison.Ordinal);
        Assert.Contains("storage", refused.Message, StringComparison.Ordinal);
    }
}
