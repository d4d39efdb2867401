using CimStore.Journal;
using CimStore.Locations;
using CimStore.Nats.Provisioning;
using CimStore.Objects;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Journal;

/// <summary>The stream that is the journal: made once, published to with a compare-and-set, read in order.</summary>
internal sealed class JournalStream(NatsLink link, JournalOptions options)
{
    private const int MessagesAhead = 4096;

    private static readonly TimeSpan IdleHeartbeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PullExpires = TimeSpan.FromSeconds(10);

    public JournalSubjects Subjects { get; } = new(options.SubjectPrefix);

    public string Name => options.Stream;

    /// <summary>Makes the stream where there never was one, and begins its chain.</summary>
    /// <param name="chain">The id of the chain that begins with it.</param>
    /// <param name="provisioner">What looks whether the stream is what it has to be.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="LocationException">The server refuses it, keeps another stream under that name, or the stream
    /// was there before and is gone.</exception>
    public async ValueTask EnsureAsync(
        ChainId chain, Provisioner provisioner, CancellationToken cancellationToken)
    {
        await provisioner.EnsureAsync(Wanted(), cancellationToken);
        if (await FindLastAsync(cancellationToken) == 0)
        {
            try
            {
                await BeginAsync(chain, cancellationToken);
            }
            catch (Exception failure) when (NatsFaults.IsFault(failure))
            {
                throw NatsFaults.Of(failure, mayHaveHappened: true, $"the stream {Name}");
            }
        }
    }

    /// <summary>The last message there is, as the stream's leader has it: what it says is true of the majority.
    /// </summary>
    /// <exception cref="LocationException">No leader answers.</exception>
    public async ValueTask<ulong> FindLastAsync(CancellationToken cancellationToken)
    {
        try
        {
            var info = await FindInfoAsync(cancellationToken) ?? throw new LocationException(
                LocationFault.Offline,
                $"The stream {Name} is gone. It is not made anew: restore it from a backup, or start with another "
                + "name.");
            return (ulong)info.State.LastSeq;
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            throw NatsFaults.Of(failure, mayHaveHappened: false, $"the stream {Name}");
        }
    }

    /// <returns>Whether the subject was where it was expected. When it was not, nothing was stored.</returns>
    /// <exception cref="NatsException">No answer: it may have been stored; it may be offered again.</exception>
    public async ValueTask<bool> TryPublishAsync(
        string subject, ReadOnlyMemory<byte> payload, MessageId id, ulong? expected,
        CancellationToken cancellationToken)
    {
        var acknowledgement = await link.JetStream.PublishAsync(
            subject, payload,
            opts: new NatsJSPubOpts
            {
                MsgId = id.ToString(),
                ExpectedLastSubjectSequence = expected,
                RetryAttempts = 1,
            },
            cancellationToken: cancellationToken);
        if (acknowledgement.Error is { ErrCode: NatsFaults.WrongLastSequence })
        {
            return false;
        }

        acknowledgement.EnsureSuccess();
        return true;
    }

    /// <summary>Messages from <paramref name="first"/> on, without end, in order and without a gap.</summary>
    /// <exception cref="NatsException">The way to the server, or its leader, is gone: read on from there.</exception>
    public async IAsyncEnumerable<INatsJSMsg<NatsMemoryOwner<byte>>> FollowAsync(
        ulong first, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var consumer = await link.JetStream.CreateOrderedConsumerAsync(
            Name,
            new NatsJSOrderedConsumerOpts
            {
                DeliverPolicy = ConsumerConfigDeliverPolicy.ByStartSequence,
                OptStartSeq = first,
            },
            cancellationToken);
        var consume = new NatsJSConsumeOpts
        {
            MaxMsgs = MessagesAhead,
            IdleHeartbeat = IdleHeartbeat,
            Expires = PullExpires,
        };
        await foreach (var message in consumer.ConsumeAsync<NatsMemoryOwner<byte>>(
            opts: consume, cancellationToken: cancellationToken))
        {
            yield return message;
        }
    }

    private async ValueTask BeginAsync(ChainId chain, CancellationToken cancellationToken)
    {
        var acknowledgement = await link.JetStream.PublishAsync(
            Subjects.Genesis, JournalMessage.Genesis(chain),
            opts: new NatsJSPubOpts { ExpectedLastSequence = 0 }, cancellationToken: cancellationToken);

        // Another node may have been first; then its chain is the one.
        if (acknowledgement.Error is not { ErrCode: NatsFaults.WrongLastSequence })
        {
            acknowledgement.EnsureSuccess();
        }
    }

    private async ValueTask<StreamInfo?> FindInfoAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await link.JetStream.GetStreamAsync(Name, cancellationToken: cancellationToken)).Info;
        }
        catch (NatsJSApiException absent) when (absent.Error.ErrCode == NatsFaults.StreamNotFound)
        {
            return null;
        }
    }

    /// <summary>A journal that forgets, or that anybody may cut, is none.</summary>
    private StreamDescription Wanted() => new()
    {
        Name = Name,
        Subjects = [Subjects.All],
        Description = "The journal of the storage nodes",
        Discard = StreamDiscard.New,
        Replicas = options.Replicas,
        DuplicateWindow = options.DuplicateWindow,
        DeniesDelete = true,
    };
}
