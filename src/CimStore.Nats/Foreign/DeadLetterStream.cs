using CimStore.Locations;
using CimStore.Nats.Commands;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Foreign;

/// <summary>
/// Tells of events that did not take effect, to whoever listens. What counts is the letter on the node's disk; this is
/// the copy that other programs see.
/// </summary>
internal sealed class DeadLetterStream
{
    private const int NameInUse = 10058;
    private static readonly TimeSpan AgeMax = TimeSpan.FromDays(30);

    private readonly NatsLink _link;
    private readonly string _prefix;

    private DeadLetterStream(NatsLink link, string subject) =>
        (_link, _prefix) = (link, subject[..^1]);

    /// <summary>Made where it is not there; one that is there keeps the settings its owner gave it.</summary>
    /// <exception cref="LocationException">JetStream does not answer, or another stream has the subjects.</exception>
    public static async ValueTask<DeadLetterStream?> OpenAsync(
        NatsLink link, ForeignIntakeOptions options, CancellationToken cancellationToken)
    {
        if (!link.Server.HasJetStream)
        {
            return null;
        }

        var (name, subject) = options.Profile.DeadLetterStream;
        try
        {
            await link.JetStream.CreateStreamAsync(
                new StreamConfig(name, [subject])
                {
                    Retention = StreamConfigRetention.Limits,
                    Discard = StreamConfigDiscard.Old,
                    Storage = StreamConfigStorage.File,
                    MaxAge = AgeMax,
                    NumReplicas = options.Replicas,
                    DuplicateWindow = TimeSpan.FromMinutes(2),
                },
                cancellationToken);
        }
        catch (NatsJSApiException exists) when (exists.Error.ErrCode == NameInUse)
        {
            // Somebody's own settings.
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            throw NatsFaults.Of(failure, mayHaveHappened: true, $"making the stream {name}");
        }

        return new DeadLetterStream(link, subject);
    }

    /// <summary>Returns once the stream has it. Twice within its duplicate window is once.</summary>
    /// <exception cref="LocationException">It may or may not have it.</exception>
    public async ValueTask PublishAsync(
        DeadLetterNotice notice, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        // The event fitted into a message without these headers; with them it may not.
        var hasBody = body.Length + CommandHeaders.BudgetBytes <= _link.Server.PayloadMaxBytes;
        try
        {
            var answer = await _link.JetStream.PublishAsync(
                _prefix + notice.Code, hasBody ? body : ReadOnlyMemory<byte>.Empty,
                headers: notice.Headers(hasBody), cancellationToken: cancellationToken);
            answer.EnsureSuccess();
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            throw NatsFaults.Of(failure, mayHaveHappened: true, "telling of a dead letter");
        }
    }
}
