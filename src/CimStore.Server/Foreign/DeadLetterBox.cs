using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using CimStore.Content;
using CimStore.Disk.Foreign;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Server.Http;
using CimStore.Translation;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Foreign;

/// <summary>
/// The dead letters of a node: ordered, bounded in number, each kept once. What lists them is in memory; the events are
/// in their files.
/// </summary>
internal sealed class DeadLetterBox
{
    private readonly DeadLetterFiles _files;
    private readonly int _countMax;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ILogger _log;

    // Held while a letter is written: letters are rare, and their order is that of their ids.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, WireTypes.DeadLetterItem> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _idsByDigest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UnreadableDeadLetter> _unreadable = new(StringComparer.Ordinal);
    private UInt128 _last;

    /// <summary>Takes up what earlier processes left.</summary>
    /// <exception cref="LocationException">The directory cannot be read.</exception>
    public DeadLetterBox(DeadLetterFiles files, int countMax, TimeProvider time, IdSource ids, ILogger log)
    {
        (_files, _countMax, _time, _ids, _log) = (files, countMax, time, ids, log);
        foreach (var unreadable in files.Load(letter => Index(letter, DigestOf(letter.Subject, letter.Event.Span))))
        {
            Log.DeadLetterUnreadable(log, unreadable.Id, unreadable.Path, unreadable.Cause);
            _unreadable[unreadable.Id] = unreadable;
            _last = UInt128.Max(_last, Number(unreadable.Id));
        }
    }

    public IReadOnlyList<UnreadableDeadLetter> Unreadable
    {
        get
        {
            lock (_gate)
            {
                return [.. _unreadable.Values];
            }
        }
    }

    public (int Count, int CountMax) Fill
    {
        get
        {
            lock (_gate)
            {
                return (_items.Count + _unreadable.Count, _countMax);
            }
        }
    }

    /// <summary>Returns once the letter is there for good. The same event on the same subject is kept once.</summary>
    /// <exception cref="RefusedException">There is no room (<c>dead-letters-full</c>); nothing was kept.</exception>
    /// <exception cref="LocationException">It may or may not be kept.</exception>
    public string Keep(string subject, ReadOnlyMemory<byte> foreign, TranslationOutcome.DeadLetter why)
    {
        var digest = DigestOf(subject, foreign.Span);
        lock (_gate)
        {
            if (_idsByDigest.TryGetValue(digest, out var known))
            {
                return known;
            }

            if (_items.Count + _unreadable.Count >= _countMax)
            {
                throw ProblemWriter.Refuse(
                    "dead-letters-full",
                    $"No rule could translate the event ({why.Code}), and {_countMax} dead letters are kept already. "
                    + "It was not kept: replay or remove some, and send it again.");
            }

            var letter = new DeadLetter(
                NextId(), _time.GetUtcNow(), subject, why.Code, why.Reason, why.Rule, Attempts: 1, foreign);
            _files.Write(letter);
            Index(letter, digest);
            Log.DeadLetterKept(_log, letter.Id, why.Code);
            return letter.Id;
        }
    }

    /// <summary>A replay failed: the letter says why now. One that was removed meanwhile stays removed.</summary>
    /// <exception cref="LocationException">It says why before, or why now.</exception>
    public void KeepAgain(DeadLetter letter, string code, string reason, string? rule)
    {
        lock (_gate)
        {
            if (_items.ContainsKey(letter.Id))
            {
                var again = letter with { Code = code, Reason = reason, Rule = rule, Attempts = letter.Attempts + 1 };
                _files.Write(again);
                _items[letter.Id] = ItemOf(again);
            }
        }
    }

    /// <summary>In the order in which they came.</summary>
    public ImmutableArray<WireTypes.DeadLetterItem> List(string? after, int count)
    {
        lock (_gate)
        {
            return
            [
                .. _items.Values.Where(item => after is null || string.CompareOrdinal(item.Id, after) > 0).Take(count),
            ];
        }
    }

    /// <returns>Null when it is not there.</returns>
    /// <exception cref="IntegrityException">It is there and cannot be read.</exception>
    public DeadLetter? Find(string id)
    {
        lock (_gate)
        {
            if (_unreadable.TryGetValue(id, out var unreadable))
            {
                throw new IntegrityException(unreadable.Detail);
            }

            if (!_items.ContainsKey(id))
            {
                return null;
            }
        }

        try
        {
            return _files.Read(id);
        }
        catch (IntegrityException rotten)
        {
            throw new IntegrityException($"The dead letter {id} cannot be read: {rotten.Message}. DELETE gives it up.");
        }
    }

    /// <returns>False when it was not there.</returns>
    /// <exception cref="LocationException">It may or may not be gone.</exception>
    public bool Remove(string id)
    {
        lock (_gate)
        {
            if (_unreadable.TryGetValue(id, out var unreadable))
            {
                _files.Remove(unreadable);
                return _unreadable.Remove(id);
            }

            if (!_items.ContainsKey(id))
            {
                return false;
            }

            _files.Remove(id);
            foreach (var (digest, _) in _idsByDigest.Where(pair => pair.Value == id).ToList())
            {
                _idsByDigest.Remove(digest);
            }

            return _items.Remove(id);
        }
    }

    private void Index(DeadLetter letter, string digest)
    {
        _items[letter.Id] = ItemOf(letter);
        _idsByDigest[digest] = letter.Id;
        _last = UInt128.Max(_last, Number(letter.Id));
    }

    /// <summary>Greater than every one before it, also when the clock was set back.</summary>
    private string NextId()
    {
        var made = Number(_ids.Next().Value.ToString("N"));
        return (made > _last ? made : _last + 1).ToString("x32", CultureInfo.InvariantCulture);
    }

    private static UInt128 Number(string id) =>
        UInt128.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : 0;

    internal static WireTypes.DeadLetterItem ItemOf(DeadLetter letter) => new(
        letter.Id, letter.At, letter.Subject, letter.Code, letter.Reason, letter.Rule, letter.Attempts,
        letter.Event.Length);

    private static string DigestOf(string subject, ReadOnlySpan<byte> foreign)
    {
        Span<byte> digests = stackalloc byte[2 * Blake3.HashSizeBytes];
        Blake3.Hash(Encoding.UTF8.GetBytes(subject), digests);
        Blake3.Hash(foreign, digests[Blake3.HashSizeBytes..]);
        return Convert.ToHexStringLower(digests);
    }
}
