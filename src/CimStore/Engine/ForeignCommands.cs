using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Translation;

namespace CimStore.Engine;

/// <summary>
/// Does what another context's event asks for, however it came. Each command has an id that follows from the event's:
/// an event that is delivered again finds done what was done, and goes on behind it.
/// </summary>
public sealed class ForeignCommands(IStorageClient client)
{
    /// <summary>Retrieved content up to this size is answered with its bytes; larger is read by its CID.</summary>
    public const int InlineSizeMaxBytes = 64 << 10;

    /// <summary>What follows from a command has the command's step and so many more: no rule has as many commands.
    /// </summary>
    private const int FollowingStep = 256;

    /// <param name="translated">What the event became.</param>
    /// <param name="fallback">The message id of an event that has none.</param>
    /// <param name="actor">Who asks, when the event does not say it.</param>
    /// <param name="cancellationToken">What was done by then stands; the event may be sent again.</param>
    /// <exception cref="Locations.LocationException">
    /// A location failed. The commands before it stand; the event may be sent again.
    /// </exception>
    /// <exception cref="Locations.IntegrityException">Content to be read is wrong in every copy.</exception>
    public async ValueTask<ForeignOutcome> ExecuteAsync(
        TranslationOutcome.Commands translated, MessageId fallback, string? actor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(translated);
        var message = translated.Identity.MessageId ?? fallback;
        var ids = translated.Identity with
        {
            MessageId = message,
            Actor = translated.Identity.Actor ?? actor,
        };
        var done = ImmutableArray.CreateBuilder<ForeignCommandResult>();
        Refusal? refusal = null;
        try
        {
            for (var step = 0; step < translated.All.Length; step++)
            {
                var command = translated.All[step];
                var stored = done.LastOrDefault(result => result.Receipt is not null)?.Cid;
                done.Add(await DoAsync(command, stored, IdentityOf(ids, step), cancellationToken));
                if (Following(command, done[^1]) is { } following)
                {
                    done.Add(await DoAsync(
                        following, done[^1].Cid, IdentityOf(ids, step + FollowingStep), cancellationToken));
                }
            }
        }
        catch (RefusedException refused)
        {
            refusal = refused.Refusal;
        }

        return new ForeignOutcome(message, ids.CorrelationId ?? message, done.ToImmutable(), refusal);
    }

    /// <summary>A word's factor may be above its class, which alone is what a Store sees to.</summary>
    private static TranslatedCommand.Replicate? Following(TranslatedCommand command, ForeignCommandResult result) =>
        command is TranslatedCommand.Store { Terms.Factor: { } factor } && result.Receipt is { } receipt
        && factor > ConsistencyTable.CopiesRequired(receipt.Class)
            ? new TranslatedCommand.Replicate(null, factor, IsAtLeast: true)
            : null;

    private ValueTask<ForeignCommandResult> DoAsync(
        TranslatedCommand command, Cid? stored, CommandIdentity identity, CancellationToken cancellationToken) =>
        command switch
        {
            TranslatedCommand.Store store => StoreAsync(store, identity, cancellationToken),
            TranslatedCommand.Retrieve retrieve => RetrieveAsync(retrieve, identity, cancellationToken),
            TranslatedCommand.Delete delete => DeleteAsync(delete, identity, cancellationToken),
            TranslatedCommand.SetName name => SetNameAsync(name, stored, identity, cancellationToken),
            TranslatedCommand.Replicate replicate => CopiesAsync(
                replicate, identity, client.ReplicateAsync(
                    (replicate.Cid ?? stored)!.Value,
                    new ReplicateRequest(replicate.Factor, identity) { IsAtLeast = replicate.IsAtLeast },
                    cancellationToken)),
            TranslatedCommand.Migrate migrate => CopiesAsync(
                migrate, identity, client.MigrateAsync(
                    (migrate.Cid ?? stored)!.Value, new MigrateRequest(migrate.Tier, identity), cancellationToken)),
            _ => throw new UnreachableException(),
        };

    /// <summary>The first command is the event's own; the others are caused by it (D31).</summary>
    private static CommandIdentity IdentityOf(ForeignIdentity ids, int step)
    {
        var message = ids.MessageId!.Value;
        return new CommandIdentity(
            ForeignIdentity.OfCommand(message, step), ids.CorrelationId ?? message, ids.CausationId ?? message,
            ids.Actor);
    }

    private async ValueTask<ForeignCommandResult> StoreAsync(
        TranslatedCommand.Store store, CommandIdentity identity, CancellationToken cancellationToken)
    {
        var request = new StoreRequest
        {
            Codec = store.Codec,
            HashFunction = store.HashFunction,
            ExpectedCid = store.ExpectedCid,
            LengthBytes = store.Content?.Length,
            Class = store.Terms.Class,
            DataClass = store.Terms.DataClass,
            Level = store.Terms.Level,
            Pattern = store.Pattern,
            AcceptDebt = store.Terms.AcceptsDebt,
            Reference = store.Reference,
            Identity = identity,
        };
        var result = store.Content is { } content
            ? await client.StoreAsync(
                PipeReader.Create(new ReadOnlySequence<byte>(content)), request, cancellationToken)
            : await StoreAgainAsync(store.ExpectedCid!.Value, request, cancellationToken);
        return new ForeignCommandResult(
            store.Word, result.CommandId, result.Cid, result.SizeBytes, result.Replayed, result.Receipt, null);
    }

    /// <summary>
    /// By reference: what is here already is read, proved, and stored under the new terms, which writes none of it
    /// again.
    /// </summary>
    private async ValueTask<StoreResult> StoreAgainAsync(
        Cid cid, StoreRequest request, CancellationToken cancellationToken)
    {
        await using var reader = await client.OpenAsync(cid, RetrieveRequest.Default, cancellationToken)
            ?? throw Refuse("content-not-found", $"{cid} is not here: store it first, or send it along.");
        var size = reader.Record.SizeBytes;
        var pipe = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var pumping = PumpAsync(reader, pipe.Writer, size, cancellationToken);
        try
        {
            return await client.StoreAsync(pipe.Reader, request with { LengthBytes = size }, cancellationToken);
        }
        finally
        {
            // Wakes the pump when the Store ended early.
            await pipe.Reader.CompleteAsync();
            await pumping;
        }
    }

    private static async Task PumpAsync(
        IContentReader reader, PipeWriter writer, long size, CancellationToken cancellationToken)
    {
        Exception? broken = null;
        try
        {
            await reader.CopyToAsync(writer, 0, size, cancellationToken);
        }
        catch (Exception failure)
        {
            // The reader of the pipe gets it in the place of the end: the Store fails with it.
            broken = failure;
        }

        await writer.CompleteAsync(broken);
    }

    private async ValueTask<ForeignCommandResult> RetrieveAsync(
        TranslatedCommand.Retrieve retrieve, CommandIdentity identity, CancellationToken cancellationToken)
    {
        var request = RetrieveRequest.Default with { Identity = identity };
        await using var reader = await client.OpenAsync(retrieve.Cid, request, cancellationToken)
            ?? throw Refuse("not-found-here", $"{retrieve.Cid} is not on this node.");
        ReadOnlyMemory<byte>? content = null;
        if (reader.Record.SizeBytes <= InlineSizeMaxBytes)
        {
            var bytes = new byte[reader.Record.SizeBytes];
            var read = await client.ReadAsync(retrieve.Cid, request, 0, bytes, cancellationToken)
                ?? throw Refuse("not-found-here", $"{retrieve.Cid} is not on this node.");
            content = bytes.AsMemory(0, read);
        }

        return new ForeignCommandResult(
            retrieve.Word, identity.MessageId!.Value, retrieve.Cid, reader.Record.SizeBytes, false, null, content);
    }

    private static async ValueTask<ForeignCommandResult> CopiesAsync(
        TranslatedCommand command, CommandIdentity identity, ValueTask<CopiesResult> doing)
    {
        var result = await doing;
        return new ForeignCommandResult(
            command.Word, identity.MessageId!.Value, result.Cid, null, false, null, null)
        {
            Copies = result.EffectiveCopies,
            Tier = result.Tier,
        };
    }

    private async ValueTask<ForeignCommandResult> DeleteAsync(
        TranslatedCommand.Delete delete, CommandIdentity identity, CancellationToken cancellationToken)
    {
        var result = await client.DeleteAsync(
            delete.Cid, new DeleteRequest(delete.Reference, delete.Grace, identity), cancellationToken);
        return new ForeignCommandResult(
            delete.Word, identity.MessageId!.Value, result.Cid, null, false, null, null);
    }

    private async ValueTask<ForeignCommandResult> SetNameAsync(
        TranslatedCommand.SetName name, Cid? stored, CommandIdentity identity, CancellationToken cancellationToken)
    {
        var reference = name.Reference;
        var record = await client.SetNameAsync(
            new NameSetRequest(
                reference.Owner, reference.Namespace, reference.Name!, name.Cid ?? stored, name.Expected,
                name.MustBeNew, identity),
            cancellationToken);
        return new ForeignCommandResult(
            name.Word, identity.MessageId!.Value, record.Cid, null, false, null, null);
    }

    private static RefusedException Refuse(string code, string message) => new(new Refusal(code, message));
}
