using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// Store: small content travels with the journal entry, large content is staged while it is hashed.
public sealed partial class StorageNode
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<StoreResult> StoreAsync(
        PipeReader content, StoreRequest request, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        Exception? failure = null;
        try
        {
            var terms = StoreTerms.Of(request, _home.Traits, Domains, _ports.Tiers?.DefaultClass);
            RefuseLateMessage(request.Identity.MessageId);
            var read = await ReadSmallAsync(content, _home.InlineSizeMaxBytes, cancellationToken);
            var result = read.IsCompleted && read.Buffer.Length <= _home.InlineSizeMaxBytes
                ? await StoreInlineAsync(read.Buffer, request, terms, cancellationToken)
                : await StoreStagedAsync(content, read, request, terms, cancellationToken);
            var outcome = result.Replayed ? "replayed" : result.Deduplicated ? "deduplicated" : "stored";
            _metrics.Stored(outcome, result.SizeBytes, _time.GetElapsedTime(started));
            return result;
        }
        catch (RefusedException refused)
        {
            failure = refused;
            _metrics.Failed("store", FaultKind.Of(refused));
            await JournalAsync(refused, request.ExpectedCid, request.Identity);
            throw;
        }
        catch (Exception fault)
        {
            failure = fault;
            _metrics.Failed("store", FaultKind.Of(fault));
            throw;
        }
        finally
        {
            await content.CompleteAsync(failure);
        }
    }

    /// <summary>Reads until the content ends or is known to be larger than <paramref name="sizeMax"/>.</summary>
    private static async ValueTask<ReadResult> ReadSmallAsync(
        PipeReader content, int sizeMax, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await content.ReadAsync(cancellationToken);
            if (read.IsCanceled)
            {
                throw new OperationCanceledException("Reading the content was cancelled.");
            }

            if (read.IsCompleted || read.Buffer.Length > sizeMax)
            {
                return read;
            }

            content.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    // Nothing is awaited here where nothing has to be undone: each level of waiting costs a put half a microsecond.
    private ValueTask<StoreResult> StoreInlineAsync(
        ReadOnlySequence<byte> content, StoreRequest request, StoreTerms terms, CancellationToken cancellationToken) =>
        content.IsSingleSegment
            ? StoreNamedAsync(content, request, terms, cancellationToken)
            : StoreGatheredAsync(content, request, terms, cancellationToken);

    private async ValueTask<StoreResult> StoreGatheredAsync(
        ReadOnlySequence<byte> content, StoreRequest request, StoreTerms terms, CancellationToken cancellationToken)
    {
        var size = (int)content.Length;
        var whole = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            content.CopyTo(whole);
            return await StoreNamedAsync(
                new ReadOnlySequence<byte>(whole, 0, size), request, terms, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    /// <param name="content">One segment.</param>
    private ValueTask<StoreResult> StoreNamedAsync(
        ReadOnlySequence<byte> content, StoreRequest request, StoreTerms terms, CancellationToken cancellationToken)
    {
        var (cid, root) = Name(content.FirstSpan, terms);
        RefuseOther(request, cid, content.Length);
        return CommitAsync(
            ContentKey.Shared(cid), root, content.Length, request, terms, new Admission(content, null),
            cancellationToken);
    }

    private async ValueTask<StoreResult> StoreStagedAsync(
        PipeReader content, ReadResult read, StoreRequest request, StoreTerms terms,
        CancellationToken cancellationToken)
    {
        var lookAt = await RequireRoomToStageAsync(request.LengthBytes, cancellationToken);
        await using var staged = await _home.StageAsync(request.LengthBytes, cancellationToken);
        using var intake = new Intake(staged, terms.IsSha256);
        while (true)
        {
            await intake.WriteAsync(read.Buffer, cancellationToken);
            content.AdvanceTo(read.Buffer.End);
            if (request.LengthBytes < intake.SizeBytes)
            {
                throw Refuse(
                    "length-mismatch", $"The content is longer than the {request.LengthBytes} bytes announced.");
            }

            if (read.IsCompleted)
            {
                break;
            }

            if (intake.SizeBytes >= lookAt && request.LengthBytes is null)
            {
                lookAt = await RequireRoomToGoOnAsync(intake.SizeBytes, cancellationToken);
            }

            read = await content.ReadAsync(cancellationToken);
            if (read.IsCanceled)
            {
                throw new OperationCanceledException("Reading the content was cancelled.");
            }
        }

        var digests = await intake.FinishAsync(cancellationToken);
        var cid = terms.Name(digests.Blake3, digests.Sha256);
        RefuseOther(request, cid, intake.SizeBytes);
        return await CommitAsync(
            ContentKey.Shared(cid), Cid.ForRaw(digests.Blake3), intake.SizeBytes, request, terms,
            new Admission(default, staged), cancellationToken);
    }

    /// <summary>Decides under the object's lock and appends: from here on the writer's view is the only one.</summary>
    private ValueTask<StoreResult> CommitAsync(
        ContentKey key, Cid root, long sizeBytes, StoreRequest request, StoreTerms terms, Admission admission,
        CancellationToken cancellationToken)
    {
        var digest = request.Identity.MessageId is null ? default : RequestDigest.Of(key, sizeBytes, request, terms);
        var context = ContextOf(request.Identity, digest);
        var committed = !_journal.HoldsContent
            ? CommitSealedAsync(key, root, sizeBytes, request, terms, admission, context, cancellationToken)
            : digest.IsEmpty
            ? CommitLockedAsync(key, root, sizeBytes, request, terms, admission, context, cancellationToken)
            : CommitOnceAsync(key, root, sizeBytes, request, terms, admission, context, cancellationToken);
        return terms.CopiesBefore > 1 && _ports.Tiers is not null
            ? ReplicateBeforeAsync(key, committed, terms, cancellationToken)
            : committed;
    }

    /// <summary>
    /// The first copy is journaled; the answer waits for the others that class and level demand. When they cannot be
    /// had what is there stays, owes them, and is not acknowledged.
    /// </summary>
    private async ValueTask<StoreResult> ReplicateBeforeAsync(
        ContentKey key, ValueTask<StoreResult> committed, StoreTerms terms, CancellationToken cancellationToken)
    {
        var result = await committed;
        var record = await EnsureCopiesAsync(
            key, terms.CopiesBefore, terms.Class, terms.AcceptDebt, cancellationToken);
        return record is null ? result : result with { Receipt = ReceiptOf(result.Receipt, record) };
    }

    private DurabilityReceipt ReceiptOf(DurabilityReceipt receipt, ObjectRecord record) => receipt with
    {
        Copies = ReceiptsOf(record),
        CopiesOwed = Math.Max(0, ConsistencyTable.CopiesRequired(record.Class) - CopiesOf(record)),
    };

    private async ValueTask<StoreResult> CommitOnceAsync(
        ContentKey key, Cid root, long sizeBytes, StoreRequest request, StoreTerms terms, Admission admission,
        EventContext context, CancellationToken cancellationToken)
    {
        await _commandLocks.AcquireAsync(context.MessageId, cancellationToken);
        try
        {
            return await FindEarlierAsync(context, cancellationToken) is { Event: StorageEvent.Stored stored } entry
                ? Replay(stored, entry)
                : await CommitLockedAsync(
                    key, root, sizeBytes, request, terms, admission, context, cancellationToken);
        }
        finally
        {
            _commandLocks.Release(context.MessageId);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<StoreResult> CommitLockedAsync(
        ContentKey key, Cid root, long sizeBytes, StoreRequest request, StoreTerms terms, Admission admission,
        EventContext context, CancellationToken cancellationToken)
    {
        var isAppending = false;
        await _contentLocks.AcquireAsync(key, cancellationToken);
        try
        {
            var before = await _catalog.FindAsync(key, cancellationToken);
            var decision = DecideStore(before, key, root, sizeBytes, request, terms, context);
            if (decision.Rejection is { } rejection)
            {
                throw await RefuseAsync(rejection, key.Cid, context);
            }

            if (decision.Events is not [StorageEvent.Stored stored])
            {
                return AlreadyHeld(before!, context, terms);
            }

            var change = new JournalChange(context, stored, before, null);
            if (!stored.Deduplicated)
            {
                if (admission.Staged is null)
                {
                    await RequireRoomAsync(sizeBytes, cancellationToken);
                }

                change = change with { Content = await admission.AdmitAsync(key, sizeBytes, root, cancellationToken) };
            }

            isAppending = true;
            var entries = await _journal.AppendAsync([change], CancellationToken.None);
            return ResultOf(stored, entries[0].Lsn, context);
        }
        catch (LocationException full) when (full.Fault == LocationFault.Full && admission.Staged is null)
        {
            await _rooms.NoteFullAsync(CancellationToken.None);
            throw;
        }
        finally
        {
            if (isAppending)
            {
                _cache.Remove(key);
            }

            _contentLocks.Release(key);
        }
    }

    private Decision DecideStore(
        ObjectRecord? before, ContentKey key, Cid root, long sizeBytes, StoreRequest request, StoreTerms terms,
        EventContext context)
    {
        var command = new StorageCommand.Store(
            key, root, sizeBytes, terms.Level, terms.Class, request.DataClass, request.Pattern, request.Reference);
        var facts = _storeFacts with
        {
            Now = _time.GetUtcNow(),
            Grace = _options.DeleteGrace,
            Receipt = ReceiptFor(before, sizeBytes, terms),
            IsRemembered = !context.RequestDigest.IsEmpty,
        };
        return ObjectDecisions.Decide(before, command, facts);
    }

    /// <summary>What is held already is where it is, and owes what it owes there.</summary>
    private DurabilityReceipt ReceiptFor(ObjectRecord? before, long sizeBytes, StoreTerms terms)
    {
        var receipt = ReceiptFor(sizeBytes, terms);
        return _ports.Tiers is not null && ObjectDecisions.IsHeld(before)
            ? ReceiptOf(receipt, before! with { Class = before.Class > terms.Class ? before.Class : terms.Class })
            : receipt;
    }

    private DurabilityReceipt ReceiptFor(long sizeBytes, StoreTerms terms) => new()
    {
        Level = terms.Level,
        Class = terms.Class,
        Copies = _homeReceipt,
        CopiesOwed = terms.CopiesOwed,
        Synced = _home.Traits.SyncsBeforeAcknowledgement,
        Lsn = Lsn.None,
        Reason = SizeMatrix.Home(sizeBytes).Reason,
    };

    private StoreResult AlreadyHeld(ObjectRecord held, EventContext context, StoreTerms terms) => new(
        held.Key.Cid, held.SizeBytes, true, false, context.MessageId, context.CorrelationId,
        ReceiptFor(held, held.SizeBytes, terms) with { Lsn = held.Revision });

    private static StoreResult ResultOf(StorageEvent.Stored stored, Lsn lsn, EventContext context) => new(
        stored.Key.Cid, stored.SizeBytes, stored.Deduplicated, false, context.MessageId, context.CorrelationId,
        stored.Receipt with { Lsn = lsn });

    private static StoreResult Replay(StorageEvent.Stored stored, JournalEntry entry) =>
        ResultOf(stored, entry.Lsn, entry.Context) with { Replayed = true };

    private static (Cid Cid, Cid Root) Name(ReadOnlySpan<byte> content, StoreTerms terms)
    {
        Span<byte> blake3 = stackalloc byte[Blake3.HashSizeBytes];
        Span<byte> sha256 = stackalloc byte[SHA256.HashSizeInBytes];
        Blake3.Hash(content, blake3);
        if (terms.IsSha256)
        {
            SHA256.HashData(content, sha256);
        }

        return (terms.Name(blake3, sha256), Cid.ForRaw(blake3));
    }

    private static void RefuseOther(StoreRequest request, Cid cid, long sizeBytes)
    {
        if (request.LengthBytes is { } announced && announced != sizeBytes)
        {
            throw Refuse(
                "length-mismatch", $"The content has {sizeBytes} bytes and {announced} were announced.");
        }

        if (request.ExpectedCid is { } expected && expected.ToV1() != cid)
        {
            throw Refuse("cid-mismatch", $"The content is {cid} and {expected} was expected. Nothing was stored.");
        }
    }

    /// <summary>The bytes of one Store on their way in: at hand, or staged and not yet sealed.</summary>
    private readonly record struct Admission(ReadOnlySequence<byte> Inline, IStagedContent? Staged)
    {
        public async ValueTask<AdmittedContent> AdmitAsync(
            ContentKey key, long sizeBytes, Cid root, CancellationToken cancellationToken)
        {
            if (Staged is null)
            {
                return new AdmittedContent.Inline(Inline);
            }

            await Staged.SealAsync(new CopyManifest(key, sizeBytes, root), cancellationToken);
            return new AdmittedContent.Staged(Staged);
        }
    }
}
