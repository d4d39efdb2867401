using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Engine;

namespace CimStore.Nats.Commands;

/// <summary>What each command of the service does with the node.</summary>
internal sealed class StorageCommands(IStorageClient client, StagedObjects staged, ContentSender sender)
{
    /// <returns>The acknowledgement; null when the answer was sent already.</returns>
    public async ValueTask<ReadOnlyMemory<byte>?> DoAsync(
        CommandInput input, CommandIdentity identity, string replyTo, CancellationToken cancellationToken)
    {
        switch (input.Verb.Name)
        {
            case "store":
                return CommandAnswer.Stored(await StoreAsync(input, identity, cancellationToken));
            case "retrieve":
                await RetrieveAsync(input, identity, replyTo, cancellationToken);
                return null;
            case "replicate":
                var copies = await client.ReplicateAsync(
                    CommandRequests.CidOf(input), CommandRequests.ReplicateOf(input, identity), cancellationToken);
                return CommandAnswer.Done(identity, copies.Cid, copies.Lsn, copies);
            case "migrate":
                var moved = await client.MigrateAsync(
                    CommandRequests.CidOf(input), CommandRequests.MigrateOf(input, identity), cancellationToken);
                return CommandAnswer.Done(identity, moved.Cid, moved.Lsn, moved);
            case "delete":
                var deleted = await client.DeleteAsync(
                    CommandRequests.CidOf(input), CommandRequests.DeleteOf(input, identity), cancellationToken);
                return CommandAnswer.Done(identity, deleted.Cid, deleted.Lsn, deleted);
            case "name.set":
                var set = await client.SetNameAsync(
                    CommandRequests.NameOf(input, identity, CommandRequests.CidOf(input)), cancellationToken);
                return CommandAnswer.Done(identity, set.Cid, set.Revision, set);
            case "name.delete":
                var gone = await client.DeleteNameAsync(
                    CommandRequests.NameOf(input, identity, null), cancellationToken);
                return CommandAnswer.Done(identity, gone.Cid, gone.Revision, gone);
            default:
                return await AskAsync(input, identity, cancellationToken);
        }
    }

    /// <summary>Those that change nothing and are answered with one document.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> AskAsync(
        CommandInput input, CommandIdentity identity, CancellationToken cancellationToken)
    {
        if (input.Verb == CommandVerb.NameGet)
        {
            var name = CommandRequests.NameOf(input);
            await client.ObserveAsync(CommandRequests.RetrieveOf(input, identity), null, cancellationToken);
            var record = await client.FindNameAsync(CommandRequests.SpaceOf(input), name, cancellationToken)
                ?? throw Refuse("name-not-found", $"There is no name {name} here.");
            return CommandAnswer.Done(identity, record.Cid, record.Revision, record);
        }

        var cid = CommandRequests.CidOf(input);
        if (input.Verb == CommandVerb.Verify)
        {
            return await client.VerifyAsync(cid, cancellationToken) is { } verified
                ? CommandAnswer.Done(identity, cid, null, verified)
                : throw NotHere(cid);
        }

        await client.ObserveAsync(CommandRequests.RetrieveOf(input, identity), cid, cancellationToken);
        if (input.Verb == CommandVerb.Explain)
        {
            return await client.ExplainAsync(cid, cancellationToken) is { } explained
                ? CommandAnswer.Done(identity, cid, null, explained)
                : throw NotHere(cid);
        }

        return input.Verb == CommandVerb.Stat
            ? await client.StatAsync(cid, cancellationToken) is { } known
                ? CommandAnswer.Done(identity, cid, known.Revision, known)
                : throw NotHere(cid)
            : throw new UnreachableException();
    }

    /// <summary>
    /// Content comes in the message, from the bucket of staged objects, or by reference: what is here already is kept
    /// under the new terms.
    /// </summary>
    private async ValueTask<StoreResult> StoreAsync(
        CommandInput input, CommandIdentity identity, CancellationToken cancellationToken)
    {
        var request = CommandRequests.StoreOf(input, identity);
        if ((input.Content ?? input.Bytes("content")) is { } content)
        {
            if (input.Text("object") is not null)
            {
                throw input.Wrong("object", "content or object, not both,");
            }

            return await client.StoreAsync(
                PipeReader.Create(new ReadOnlySequence<byte>(content)),
                request with { LengthBytes = request.LengthBytes ?? content.Length }, cancellationToken);
        }

        var expected = request.ExpectedCid
            ?? throw input.Wrong("expected_cid", "content, or the CID that it must have,");
        if (input.Text("object") is not { } name)
        {
            return await StoreAgainAsync(expected, request, cancellationToken);
        }

        var result = await staged.StoreAsync(name, client, request, cancellationToken);
        if (result is null)
        {
            // It was stored before, and its answer was lost: then it is here, and the object is not.
            return await StoreAgainAsync(expected, request, cancellationToken);
        }

        await staged.RemoveAsync(name, cancellationToken);
        return result;
    }

    private async ValueTask<StoreResult> StoreAgainAsync(
        Cid cid, StoreRequest request, CancellationToken cancellationToken)
    {
        await using var reader = await client.OpenAsync(cid, RetrieveRequest.Default, cancellationToken)
            ?? throw Refuse("content-not-found", $"{cid} is not here: store it first, or send it along.");
        var size = reader.Record.SizeBytes;
        return await PipedContent.StoreAsync(
            client, request with { LengthBytes = size },
            (writer, token) => reader.CopyToAsync(writer, 0, size, token).AsTask(), cancellationToken);
    }

    private async ValueTask RetrieveAsync(
        CommandInput input, CommandIdentity identity, string replyTo, CancellationToken cancellationToken)
    {
        var cid = CommandRequests.CidOf(input);
        await using var reader =
            await client.OpenAsync(cid, CommandRequests.RetrieveOf(input, identity), cancellationToken)
            ?? throw NotHere(cid);
        var size = reader.Record.SizeBytes;
        var offset = input.Number("offset", 0, long.MaxValue) ?? 0;
        if (offset > size)
        {
            throw Refuse("range-not-satisfiable", $"The content has {size} bytes.");
        }

        var length = Math.Min(size - offset, input.Number("length", 0, long.MaxValue) ?? long.MaxValue);
        await sender.SendAsync(replyTo, identity, reader, new ContentSlice(offset, length), cancellationToken);
    }

    private static RefusedException NotHere(Cid cid) => Refuse("not-found-here", $"{cid} is not on this node.");

    private static RefusedException Refuse(string code, string detail) => new(new Refusal(code, detail));
}
