using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

// Names: content is immutable, names move (D34).
public sealed partial class StorageNode
{
    public async ValueTask<NameRecord> SetNameAsync(NameSetRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var target = request.Cid ?? throw Refuse("name-without-target", "A name is set to a CID.");
            var command = new StorageCommand.SetName(
                ReferenceOf(request), target.ToV1(), request.Expected?.ToV1(), request.MustBeNew);
            return await ChangeNameAsync(
                command.Reference, command, target.ToV1(), request, "set-name", cancellationToken);
        }
        catch (RefusedException refused)
        {
            await JournalAsync(refused, request.Cid, request.Identity);
            throw;
        }
    }

    public async ValueTask<NameRecord> DeleteNameAsync(NameSetRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var command = new StorageCommand.DeleteName(ReferenceOf(request), request.Expected?.ToV1());
            return await ChangeNameAsync(command.Reference, command, null, request, "delete-name", cancellationToken);
        }
        catch (RefusedException refused)
        {
            await JournalAsync(refused, request.Expected, request.Identity);
            throw;
        }
    }

    public ValueTask<NameRecord?> FindNameAsync(OwnedSpace space, string name, CancellationToken cancellationToken) =>
        _catalog.FindNameAsync(space.Owner, space.Namespace, name, cancellationToken);

    public IAsyncEnumerable<NameRecord> ListNamesAsync(
        OwnedSpace space, string? after, CancellationToken cancellationToken) =>
        _catalog.ListNamesAsync(space.Owner, space.Namespace, after, cancellationToken);

    public async IAsyncEnumerable<NameRecord> NameHistoryAsync(
        OwnedSpace space, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var current = await FindNameAsync(space, name, cancellationToken);
        while (current is not null)
        {
            yield return current;
            var earlier = current.Previous == Lsn.None
                ? null
                : await _journal.FindAsync(current.Previous, cancellationToken);
            current = earlier?.ApplyTo(default(NameRecord));
        }
    }

    public async IAsyncEnumerable<NameRecord> WatchNameAsync(
        OwnedSpace space, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The position is taken before the state: what happens in between is seen, and told once.
        var from = _journal.DurableLsn;
        var seen = Lsn.None;
        if (await FindNameAsync(space, name, cancellationToken) is { } current)
        {
            seen = current.Revision;
            yield return current;
        }

        var watched = new Reference(space.Owner, space.Namespace, name);
        await foreach (var entry in EventsAsync(from, follow: true, cancellationToken))
        {
            if (entry.Lsn > seen && ObjectHistory.NameOf(entry.Event) == watched)
            {
                yield return entry.ApplyTo(default(NameRecord))!;
            }
        }
    }

    private static Reference ReferenceOf(NameSetRequest request)
    {
        if (!Label.IsValid(request.Name))
        {
            throw Refuse(
                "name-invalid", $"A name has 1..{Label.LengthMax} characters and no control characters.");
        }

        return new Reference(request.Owner, request.Namespace, request.Name);
    }

    private async ValueTask<NameRecord> ChangeNameAsync(
        Reference reference, StorageCommand command, Cid? target, NameSetRequest request, string verb,
        CancellationToken cancellationToken) => await AgreedAsync(
            () => ChangeNameOnceAsync(reference, command, target, request, verb, cancellationToken));

    private async ValueTask<NameRecord> ChangeNameOnceAsync(
        Reference reference, StorageCommand command, Cid? target, NameSetRequest request, string verb,
        CancellationToken cancellationToken)
    {
        RefuseLateMessage(request.Identity.MessageId);
        var digest = request.Identity.MessageId is null ? default : RequestDigest.Of(request, verb);
        var context = ContextOf(request.Identity, digest);
        await _commandLocks.AcquireAsync(context.MessageId, cancellationToken);
        try
        {
            if (!digest.IsEmpty && await FindEarlierAsync(context, cancellationToken) is { } entry)
            {
                return await NameMadeByAsync(reference, entry, cancellationToken);
            }

            await _nameLocks.AcquireAsync(reference, cancellationToken);
            try
            {
                return await ChangeNameLockedAsync(reference, command, target, context, cancellationToken);
            }
            finally
            {
                _nameLocks.Release(reference);
            }
        }
        finally
        {
            _commandLocks.Release(context.MessageId);
        }
    }

    private async ValueTask<NameRecord> ChangeNameLockedAsync(
        Reference reference, StorageCommand command, Cid? target, EventContext context,
        CancellationToken cancellationToken)
    {
        var name = await _catalog.FindNameAsync(
            reference.Owner, reference.Namespace, reference.Name!, cancellationToken);
        Cid?[] named = [target, name?.Cid];
        var keys = named.OfType<Cid>().Distinct().Order().Select(cid => ContentKey.Shared(cid)).ToList();
        var locked = 0;
        try
        {
            for (; locked < keys.Count; locked++)
            {
                await _contentLocks.AcquireAsync(keys[locked], cancellationToken);
            }

            var before = name?.Cid is { } old ? await FindAsync(old, cancellationToken) : null;
            var subject = target is { } cid ? await FindAsync(cid, cancellationToken) : before;
            var decision = ObjectDecisions.Decide(
                subject, command,
                Facts() with
                {
                    Name = name,
                    NamedBefore = target is null ? null : before,
                    IsRemembered = !context.RequestDigest.IsEmpty,
                });
            return decision.Rejection is { } rejection
                ? throw await RefuseAsync(rejection, target ?? name?.Cid, context)
                : await AppendNameAsync(decision, name, reference, subject, before, context);
        }
        finally
        {
            while (locked-- > 0)
            {
                _contentLocks.Release(keys[locked]);
            }
        }
    }

    private async ValueTask<NameRecord> AppendNameAsync(
        Decision decision, NameRecord? name, Reference reference, ObjectRecord? subject, ObjectRecord? before,
        EventContext context)
    {
        if (decision.Events is [] or [StorageEvent.Unchanged])
        {
            var remembered = await RememberUnchangedAsync(decision, context);
            return name ?? NeverSet(reference, remembered?.At ?? _time.GetUtcNow());
        }

        if (!_journal.SpansObjects)
        {
            return await AppendNameInStepsAsync(decision, reference, subject!, before, context);
        }

        var changes = decision.Events.Select(happened => new JournalChange(
            context, happened, happened is StorageEvent.Deleted ? before : subject, null)).ToList();
        var entries = await AppendAsync(changes);
        return entries[0].ApplyTo(name)!;
    }

    /// <summary>A move is two entries under one id; which one the catalog remembers is its own affair.</summary>
    private async ValueTask<NameRecord> NameMadeByAsync(
        Reference reference, JournalEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Event is StorageEvent.Unchanged unchanged)
        {
            var found = await _journal.FindAsync(unchanged.Found, cancellationToken);
            return found?.ApplyTo(default(NameRecord)) ?? NeverSet(reference, entry.At);
        }

        for (var lsn = entry.Lsn.Value + 1; lsn > 0 && lsn + 2 > entry.Lsn.Value; lsn--)
        {
            if (await _journal.FindAsync(new Lsn(lsn), cancellationToken) is { } near
                && near.Context.MessageId == entry.Context.MessageId
                && near.ApplyTo(default(NameRecord)) is { } made)
            {
                return made;
            }
        }

        throw new IntegrityException($"The journal entry {entry.Lsn} of a change of a name makes none.");
    }

    private static NameRecord NeverSet(Reference reference, DateTimeOffset at) => new(
        reference.Owner, reference.Namespace, reference.Name!, null, Lsn.None, at, Lsn.None);

    private ValueTask<ObjectRecord?> FindAsync(Cid cid, CancellationToken cancellationToken) =>
        _catalog.FindAsync(ContentKey.Shared(cid), cancellationToken);
}
