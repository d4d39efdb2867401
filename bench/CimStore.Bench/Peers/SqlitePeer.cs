using System.Security.Cryptography;
using SQLitePCL;

namespace CimStore.Bench.Peers;

/// <summary>
/// SQLite in WAL mode with synchronous=FULL, prepared statements below ADO.NET, one writer behind the batching queue.
/// Content and record share a row, so that a put costs two inserts and one index entry.
/// </summary>
internal sealed class SqlitePeer : IContender
{
    private const string Schema = """
        PRAGMA page_size = 8192;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = 8192;
        PRAGMA cache_size = -131072;
        CREATE TABLE object (id INTEGER PRIMARY KEY, cid BLOB NOT NULL, record BLOB NOT NULL, content BLOB NOT NULL);
        CREATE UNIQUE INDEX object_cid ON object (cid);
        CREATE TABLE event (lsn INTEGER PRIMARY KEY, body BLOB NOT NULL);
        """;

    private readonly string _path;
    private readonly KeyTable _keys;
    private readonly GroupCommit _group;
    private readonly sqlite3 _db;
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _commit;
    private readonly sqlite3_stmt _insertObject;
    private readonly sqlite3_stmt _insertEvent;
    private readonly ThreadLocal<(sqlite3 Db, sqlite3_stmt Select)> _reader;
    private long _lsn;

    static SqlitePeer() => Batteries_V2.Init();

    public SqlitePeer(string folder, int count)
    {
        _path = Path.Combine(folder, "store.sqlite");
        _keys = new KeyTable(count);
        _group = new GroupCommit(Commit);
        _db = Open();
        Check(raw.sqlite3_exec(_db, Schema));
        _begin = Prepare(_db, "BEGIN IMMEDIATE");
        _commit = Prepare(_db, "COMMIT");
        _insertObject = Prepare(_db, "INSERT INTO object (id, cid, record, content) VALUES (?, ?, ?, ?)");
        _insertEvent = Prepare(_db, "INSERT INTO event (lsn, body) VALUES (?, ?)");
        _reader = new ThreadLocal<(sqlite3, sqlite3_stmt)>(OpenReader, trackAllValues: true);
    }

    public string Name => "sqlite";

    public bool HoldsThread => false;

    public ValueTask PutAsync(int index, ReadOnlyMemory<byte> content)
    {
        var key = _keys[index];
        ThreeThings.WriteKey(content.Span, key.Span);
        return _group.PutAsync(new PutItem(content, key));
    }

    public ValueTask<int> GetAsync(int index, Memory<byte> destination)
    {
        var select = _reader.Value.Select;
        var found = Find(select, index);
        found.CopyTo(destination.Span);
        var length = found.Length;
        raw.sqlite3_reset(select);
        return ThreeThings.IsRight(destination.Span[..length], _keys[index].Span)
            ? ValueTask.FromResult(length)
            : throw new InvalidDataException("SQLite returned other bytes.");
    }

    public ValueTask<long> GetLargeAsync(int index)
    {
        var select = _reader.Value.Select;
        var found = Find(select, index);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(found, digest);
        var length = (long)found.Length;
        raw.sqlite3_reset(select);
        return ValueTask.FromResult(length);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var (db, select) in _reader.Values)
        {
            select.Dispose();
            db.Dispose();
        }

        _reader.Dispose();
        _begin.Dispose();
        _commit.Dispose();
        _insertObject.Dispose();
        _insertEvent.Dispose();
        _db.Dispose();
        return ValueTask.CompletedTask;
    }

    private sqlite3 Open()
    {
        const int Flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX;
        Check(raw.sqlite3_open_v2(_path, out var db, Flags, null));
        return db;
    }

    private (sqlite3 Db, sqlite3_stmt Select) OpenReader()
    {
        var db = Open();
        Check(raw.sqlite3_exec(db, "PRAGMA mmap_size = 8589934592; PRAGMA cache_size = -32768;"));
        return (db, Prepare(db, "SELECT content FROM object WHERE cid = ?"));
    }

    private ReadOnlySpan<byte> Find(sqlite3_stmt select, int index)
    {
        Check(raw.sqlite3_bind_blob(select, 1, _keys[index].Span));
        Check(raw.sqlite3_step(select), raw.SQLITE_ROW);
        return raw.sqlite3_column_blob(select, 0);
    }

    private static sqlite3_stmt Prepare(sqlite3 db, string text)
    {
        Check(raw.sqlite3_prepare_v2(db, text, out var statement));
        return statement;
    }

    private void Commit(IReadOnlyList<PutItem> batch)
    {
        Span<byte> record = stackalloc byte[ThreeThings.RecordSizeBytes];
        Span<byte> entry = stackalloc byte[ThreeThings.EventSizeBytes];
        Run(_begin);
        foreach (var item in batch)
        {
            var lsn = ++_lsn;
            ThreeThings.WriteRecord(record, item.Key.Span, item.Content.Length, lsn);
            ThreeThings.WriteEvent(entry, item.Key.Span, item.Content.Length, lsn);
            raw.sqlite3_bind_int64(_insertObject, 1, lsn);
            raw.sqlite3_bind_blob(_insertObject, 2, item.Key.Span);
            raw.sqlite3_bind_blob(_insertObject, 3, record);
            raw.sqlite3_bind_blob(_insertObject, 4, item.Content.Span);
            Run(_insertObject);
            raw.sqlite3_bind_int64(_insertEvent, 1, lsn);
            raw.sqlite3_bind_blob(_insertEvent, 2, entry);
            Run(_insertEvent);
        }

        Run(_commit);
    }

    private static void Run(sqlite3_stmt statement)
    {
        Check(raw.sqlite3_step(statement), raw.SQLITE_DONE);
        raw.sqlite3_reset(statement);
    }

    private static void Check(int code, int expected = raw.SQLITE_OK)
    {
        if (code != expected)
        {
            throw new IOException($"SQLite: {raw.sqlite3_errstr(code).utf8_to_string()} ({code})");
        }
    }
}
