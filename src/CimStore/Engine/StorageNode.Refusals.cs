using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

// Refusals: a command that a rule refused is an entry too (D22), as far as the budget goes.
public sealed partial class StorageNode
{
    /// <summary>A message quotes what the client sent; the journal keeps no more of it than this.</summary>
    private const int RefusalDetailMax = 512;

    /// <summary>Journals what the object's state refused. The same message id again gets the same answer.</summary>
    private async ValueTask<RefusedException> RefuseAsync(Rejection rejection, Cid? about, EventContext context)
    {
        var refusal = new Refusal(rejection.Code, rejection.Message);
        await JournalAsync([new RefusedCommand(refusal, about, context)]);
        return new RefusedException(refusal) { IsJournaled = true };
    }

    /// <summary>
    /// Journals what was refused before it was decided on. Its id is not remembered: it may be another command's, and
    /// what came may not be what was sent.
    /// </summary>
    private async ValueTask JournalAsync(RefusedException refused, Cid? about, CommandIdentity identity)
    {
        if (!refused.IsJournaled)
        {
            await JournalAsync([new RefusedCommand(refused.Refusal, about, ContextOf(identity, default))]);
        }
    }

    private async ValueTask JournalAsync(IReadOnlyList<RefusedCommand> refused)
    {
        var granted = _refusals.Take(refused.Count, out var untold);
        if (granted == 0)
        {
            return;
        }

        var changes = new List<JournalChange>(granted + 1);
        if (untold > 0)
        {
            changes.Add(Untold(untold));
        }

        for (var index = 0; index < granted; index++)
        {
            changes.Add(refused[index].Change());
        }

        try
        {
            await AppendAsync(changes);
        }
        catch (LocationException)
        {
            // The refusal stands and is what the caller hears; that it was not journaled is told when the disk is back.
            _refusals.GiveBack(granted + untold);
        }
    }

    private async ValueTask TellUntoldAsync()
    {
        if (_refusals.TakeUntold() is not (> 0 and var untold))
        {
            return;
        }

        try
        {
            await AppendAsync([Untold(untold)]);
        }
        catch (LocationException)
        {
            // The node closes because, or while, its disk fails: nobody can be told.
        }
    }

    private JournalChange Untold(long count) => new(
        ContextOf(CommandIdentity.None, default),
        new StorageEvent.Failed(
            null, "refusals-not-journaled",
            $"{count} refused commands before this have no entry: they were more than {_options.RefusalsPerHourMax} an "
            + "hour, or the journal could not be written."),
        null, null);

    private readonly record struct RefusedCommand(Refusal Refusal, Cid? About, EventContext Context)
    {
        public JournalChange Change()
        {
            ContentKey? key = About is { IsDefault: false } cid ? ContentKey.Shared(cid.ToV1()) : null;
            var detail = Refusal.Message.Length > RefusalDetailMax
                ? Refusal.Message[..RefusalDetailMax] : Refusal.Message;
            return new JournalChange(Context, new StorageEvent.Failed(key, Refusal.Code, detail), null, null);
        }
    }
}
