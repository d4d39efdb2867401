using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using CimStore.Disk.Foreign;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using CimStore.Server.Http;
using CimStore.Translation;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Foreign;

/// <summary>
/// The one way in for events of other contexts, whatever carries them: translated, done, and answered as D32 says, or
/// kept as a dead letter.
/// </summary>
public sealed class ForeignIngress : IDeadLetters
{
    /// <summary>With the object around it in the answers, below what readers of JSON take without being told.</summary>
    public const int DepthMax = 60;

    private const string Accepted = "Accepted";
    private const string Rejected = "Rejected";

    private static readonly JsonDocumentOptions Form = new()
    {
        MaxDepth = DepthMax,

        // Two readers of one event must not see two events.
        AllowDuplicateProperties = false,
    };

    private readonly ForeignCommands _commands;
    private readonly TranslationRules? _rules;
    private readonly ServerLimits _limits;
    private readonly IdSource _ids;

    /// <param name="node">What does the commands.</param>
    /// <param name="rules">Null: no event is taken; letters can be listed and removed.</param>
    /// <param name="files">Where dead letters are.</param>
    /// <param name="limits">How large an event is, and how many letters are kept.</param>
    /// <param name="time">Says when a letter came.</param>
    /// <param name="ids">Makes ids of letters, and of events that have none.</param>
    /// <param name="log">Is told of each letter.</param>
    /// <exception cref="Locations.LocationException">The letters cannot be read.</exception>
    public ForeignIngress(
        IStorageClient node, TranslationRules? rules, DeadLetterFiles files, ServerLimits limits, TimeProvider time,
        IdSource ids, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(limits);
        (_commands, _rules, _limits, _ids) = (new ForeignCommands(node), rules, limits, ids);
        Box = new DeadLetterBox(files, limits.DeadLettersMax, time, ids, log);
    }

    internal DeadLetterBox Box { get; }

    /// <summary>On which subjects the rules take events.</summary>
    internal IEnumerable<SubjectPattern> Subjects => _rules?.Rules.Select(static rule => rule.Subject) ?? [];

    /// <summary>What tells our events to others; without rules nothing is told.</summary>
    internal EventTemplates Templates => _rules?.Templates ?? EventTemplates.None;

    /// <param name="subject">Where the event came.</param>
    /// <param name="body">JSON.</param>
    /// <param name="actor">Who sent it, when the event does not say it.</param>
    /// <param name="cancellationToken">What was done by then stands; the event may be sent again.</param>
    /// <exception cref="RefusedException">
    /// Nothing was done and nothing kept: there are no rules, the body is no JSON or too large, or there is no room for
    /// a dead letter.
    /// </exception>
    /// <exception cref="Locations.LocationException">A location failed: send the event again.</exception>
    public async ValueTask<WireTypes.ForeignAcknowledgement> ReceiveAsync(
        string subject, ReadOnlySequence<byte> body, string? actor, CancellationToken cancellationToken)
    {
        var rules = Rules();
        if (body.Length > _limits.ForeignEventSizeMaxBytes)
        {
            throw ProblemWriter.Refuse(
                "body-too-large", $"An event has at most {_limits.ForeignEventSizeMaxBytes} bytes.");
        }

        using var document = Parse(body);
        var foreign = document.RootElement;
        switch (Translator.Translate(subject, foreign, rules))
        {
            case TranslationOutcome.Commands commands:
                return Acknowledge(
                    commands.Rule,
                    await _commands.ExecuteAsync(commands, _ids.Next(), actor, cancellationToken));
            case TranslationOutcome.DeadLetter letter:
                var kept = Box.Keep(subject, JsonMarshal.GetRawUtf8Value(foreign).ToArray(), letter);
                return Acknowledge(letter, IdOf(kept)) with { DeadLetter = kept };
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    public async IAsyncEnumerable<WireTypes.DeadLetterItem> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var item in Box.List(null, int.MaxValue))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return item;
        }
    }

    public ValueTask<WireTypes.DeadLetterReply?> FindAsync(string id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Box.Find(id) is { } letter
            ? new WireTypes.DeadLetterReply(DeadLetterBox.ItemOf(letter), new RawJson(letter.Event))
            : null);

    public async ValueTask<WireTypes.ForeignAcknowledgement?> ReplayAsync(
        string id, CancellationToken cancellationToken)
    {
        var rules = Rules();
        if (Box.Find(id) is not { } letter)
        {
            return null;
        }

        using var document = JsonDocument.Parse(letter.Event, Form);
        WireTypes.ForeignAcknowledgement answer;
        switch (Translator.Translate(letter.Subject, document.RootElement, rules))
        {
            case TranslationOutcome.Commands commands:
                answer = Acknowledge(
                    commands.Rule, await _commands.ExecuteAsync(commands, IdOf(id), null, cancellationToken));
                break;
            case TranslationOutcome.DeadLetter still:
                answer = Acknowledge(still, IdOf(id));
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        if (answer.Status == Accepted)
        {
            Box.Remove(id);
            return answer;
        }

        Box.KeepAgain(letter, answer.Code!, answer.Reason!, answer.Rule);
        return answer with { DeadLetter = id };
    }

    public ValueTask<bool> RemoveAsync(string id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Box.Remove(id));

    /// <summary>An event as the ingress reads it: no comments, no key twice, not too deep.</summary>
    /// <exception cref="RefusedException">It is none (<c>malformed-body</c>).</exception>
    public static JsonDocument Parse(ReadOnlySequence<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body, Form);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            throw ProblemWriter.Refuse("malformed-body", $"The event is no JSON: {broken.Message}");
        }
    }

    private TranslationRules Rules() => _rules ?? throw ProblemWriter.Refuse(
        "no-translation", "This node has no rules for events of other contexts: \"translation\" names a rule file.");

    /// <summary>A letter whose event has no message id is one command, however often it is replayed.</summary>
    private static MessageId IdOf(string letter) => new(Guid.ParseExact(letter, "N"));

    private static WireTypes.ForeignAcknowledgement Acknowledge(
        TranslationOutcome.DeadLetter letter, MessageId fallback)
    {
        var message = letter.Identity.MessageId ?? fallback;
        return new WireTypes.ForeignAcknowledgement
        {
            CommandId = message,
            CorrelationId = letter.Identity.CorrelationId ?? message,
            Status = Rejected,
            Rule = letter.Rule,
            Code = letter.Code,
            Reason = letter.Reason,
        };
    }

    private static WireTypes.ForeignAcknowledgement Acknowledge(string rule, ForeignOutcome outcome) => new()
    {
        CommandId = outcome.CommandId,
        CorrelationId = outcome.CorrelationId,
        Status = outcome.Refusal is null ? Accepted : Rejected,
        Rule = rule,
        Code = outcome.Refusal?.Code,
        Reason = outcome.Refusal?.Message,
        Receipt = outcome.Done.LastOrDefault(done => done.Receipt is not null)?.Receipt,
        Commands =
        [
            .. outcome.Done.Select(done => new WireTypes.ForeignCommandDone(
                done.Word, done.CommandId, done.Cid, done.SizeBytes, done.Replayed, done.Content, done.Receipt)
            {
                Copies = done.Copies,
                Tier = done.Tier,
            }),
        ],
    };
}
