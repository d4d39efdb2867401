using System.Buffers;
using System.Runtime.CompilerServices;
using CimStore.Disk.Catalog;
using CimStore.Disk.Large;
using CimStore.Disk.Log;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Disk;

// The journal: appending, and reading entries by their LSN.
public sealed partial class DiskStore
{
    private const int PlaceGroupsPerPage = 16;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IReadOnlyList<JournalEntry>> AppendAsync(
        IReadOnlyList<JournalChange> changes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (changes.Count == 0)
        {
            return [];
        }

        var inlineBytes = InlineBytes(changes);
        if (inlineBytes > 0)
        {
            // Deleting must work when nothing else does: it is how room is made.
            _space.Require(inlineBytes);
            _large.SmallPuts.Note();
        }

        var write = new AppendWrite(changes, _chain, _scratch);
        try
        {
            Prepare(write, changes);
            MarkAdmitted(changes, true);
            await _log.CommitAsync(write, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            MarkAdmitted(changes, false);
            throw;
        }
        catch (LogException failure)
        {
            MarkAdmitted(changes, failure.State != CommitState.NotStored);
            throw Faults.Translate(failure);
        }
        finally
        {
            write.Release(_drafts);
        }

        return write.Entries;
    }

    public async IAsyncEnumerable<JournalEntry> ReadAsync(
        Lsn after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        RequireLevel();
        var end = _durable.Value;
        var last = after.Value;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = CatalogReads.Places(_index, last, PlaceGroupsPerPage);
            foreach (var (lsn, place) in page)
            {
                if (lsn > end)
                {
                    yield break;
                }

                yield return ReadEntry(lsn, place);
                last = lsn;
            }

            if (page.Count == 0)
            {
                yield break;
            }
        }
    }

    public ValueTask<JournalEntry?> FindAsync(Lsn lsn, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var place = CatalogReads.Place(LevelIndex, lsn.Value);
        return ValueTask.FromResult(place is { } known ? ReadEntry(lsn.Value, known) : null);
    }

    public ValueTask WaitAsync(Lsn after, CancellationToken cancellationToken) =>
        _durable.WaitAboveAsync(after.Value, cancellationToken);

    /// <summary>
    /// From the commit on, a staged file may be what a durable entry refers to, unless the commit says not.
    /// </summary>
    private static void MarkAdmitted(IReadOnlyList<JournalChange> changes, bool isAdmitted)
    {
        foreach (var change in changes)
        {
            if (change.Content is AdmittedContent.Staged { Content: StagedFile file })
            {
                file.IsAdmitted = isAdmitted;
            }
        }
    }

    private static long InlineBytes(IReadOnlyList<JournalChange> changes)
    {
        long bytes = 0;
        for (var index = 0; index < changes.Count; index++)
        {
            bytes += changes[index].Content is AdmittedContent.Inline { Payload: var payload } ? payload.Length : 0;
        }

        return bytes;
    }

    private void Prepare(AppendWrite write, IReadOnlyList<JournalChange> changes)
    {
        Span<byte> salt = stackalloc byte[EntryCodec.SaltSizeBytes];
        var now = _time.GetUtcNow();
        for (var index = 0; index < changes.Count; index++)
        {
            var change = changes[index];
            RandomPool.Fill(salt);
            var draft = _drafts.Rent();
            var id = _ids.Next();
            draft.Write(_chainId, id, now, change.Context, change.Event, salt);
            write.Prepare(index, draft, id, now, PreparedContent.From(change.Content, InlineSizeMaxBytes));
        }
    }

    /// <summary>
    /// Compaction may move the record between the look at the index and the look at the log; then look again.
    /// </summary>
    private JournalEntry ReadEntry(ulong lsn, Place place)
    {
        while (true)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(place.FrontBytes);
            try
            {
                if (IndexMaking.TryRead(_log, place, buffer) is { } entry)
                {
                    return entry;
                }
            }
            catch (LogException failure)
            {
                throw Faults.Translate(failure);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            place = MovedFrom(lsn, place);
        }
    }

    private Place MovedFrom(ulong lsn, in Place place)
    {
        var now = CatalogReads.Place(_index, lsn);
        return now is { } moved && moved.Position != place.Position
            ? moved
            : throw new Locations.IntegrityException(
                $"Entry {lsn} is in segment {LogFormat.SegmentName(place.Position.Segment)}, which is missing.");
    }
}
