using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

/// <summary>
/// The ids of commands: the last ones, for a while (<see cref="CommandRetention"/>). A queue beside them tells which is
/// the oldest, so that forgetting reads one key and follows from the entries alone.
/// </summary>
internal sealed class RememberedCommands(CatalogIndex index, int countMax)
{
    private readonly Dictionary<ulong, Remembered> _new = [];
    private Remembered? _oldest;
    private ulong _first;
    private ulong _next;
    private long _forgottenTicks;

    public int CountMax { get; } = countMax;

    public DateTimeOffset? ForgottenUntil =>
        Interlocked.Read(ref _forgottenTicks) is not 0 and var ticks ? Instants.FromTicks(ticks) : null;

    public void Load()
    {
        if (index.Get(CatalogKeys.CommandQueueKey) is { } state)
        {
            var reader = new PackedReader(state);
            (_first, _next, _forgottenTicks) = (reader.Varint(), reader.Varint(), (long)reader.Varint());
        }
    }

    public void Begin() => _new.Clear();

    public void Add(IndexBatch batch, JournalEntry entry)
    {
        Span<byte> key = stackalloc byte[1 + 16];
        Span<byte> value = stackalloc byte[CatalogValues.CommandSizeBytesMax];
        batch.Put(
            key[..CatalogKeys.WriteCommand(key, entry.Context.MessageId)],
            value[..CatalogValues.WriteCommand(value, entry)]);
        var added = new Remembered(entry.Context.MessageId, entry.At);
        _new[_next] = added;
        batch.Put(key[..CatalogKeys.WriteNumber(key, CatalogKeys.CommandQueue, _next)], value[..added.Write(value)]);
        _next++;
        for (var count = 0; count < CommandRetention.ForgottenPerCommandMax && TryForget(batch, entry.At); count++)
        {
        }

        var writer = new PackedWriter(value);
        writer.Varint(_first);
        writer.Varint(_next);
        writer.Varint((ulong)_forgottenTicks);
        batch.Put(CatalogKeys.CommandQueueKey, value[..writer.Length]);
    }

    private bool TryForget(IndexBatch batch, DateTimeOffset now)
    {
        var oldest = _oldest ??= Read(_first);
        if (!CommandRetention.ForgetsOldest((long)(_next - _first), CountMax, oldest.At, now))
        {
            return false;
        }

        Span<byte> key = stackalloc byte[1 + 16];
        batch.Delete(key[..CatalogKeys.WriteCommand(key, oldest.Id)]);
        batch.Delete(key[..CatalogKeys.WriteNumber(key, CatalogKeys.CommandQueue, _first)]);
        Interlocked.Exchange(
            ref _forgottenTicks, Instants.ToTicks(CommandRetention.ForgottenUntil(oldest.At, now)));
        _first++;
        _oldest = null;
        return true;
    }

    private Remembered Read(ulong number)
    {
        if (_new.TryGetValue(number, out var added))
        {
            return added;
        }

        Span<byte> key = stackalloc byte[1 + sizeof(ulong)];
        return Remembered.Read(
            index.Get(key[..CatalogKeys.WriteNumber(key, CatalogKeys.CommandQueue, number)])
            ?? throw PackedReader.Damaged());
    }

    private sealed record Remembered(MessageId Id, DateTimeOffset At)
    {
        public int Write(Span<byte> destination)
        {
            Id.Value.TryWriteBytes(destination, bigEndian: true, out var length);
            var writer = new PackedWriter(destination[length..]);
            writer.Varint((ulong)Instants.ToTicks(At));
            return length + writer.Length;
        }

        public static Remembered Read(ReadOnlySpan<byte> source)
        {
            var reader = new PackedReader(source);
            var id = new MessageId(new Guid(reader.Take(16), bigEndian: true));
            return new Remembered(id, Instants.FromTicks((long)reader.Varint()));
        }
    }
}
