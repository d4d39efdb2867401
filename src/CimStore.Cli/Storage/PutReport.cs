using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Engine;

namespace CimStore.Cli.Storage;

/// <summary>What `put` tells: a line a file as it goes, the failed ones at the end.</summary>
internal sealed class PutReport(CliSession session, bool endsWithNull)
{
    /// <summary>More failures than this are counted, not listed: the list is held in memory.</summary>
    private const int FailuresListedMax = 1000;

    private readonly List<(string Path, string Error, int ExitCode)> _failures = [];
    private long _failureCount;
    private int _exitCode;

    /// <summary>The CID of the last line: what `--name` names.</summary>
    public Cid? Last { get; private set; }

    public void Stored(string path, StoreResult stored)
    {
        Last = stored.Cid;
        if (session.IsJson)
        {
            session.Out.Json(Shape.Of(stored, RawName.JsonText(path)), CliJson.Default.StoredJson);
        }
        else
        {
            Line(stored.Cid, path);
        }
    }

    public void Hashed(string path, Cid cid, long sizeBytes)
    {
        Last = cid;
        if (session.IsJson)
        {
            var json = new CidPathJson(cid.ToString(), RawName.JsonText(path), sizeBytes);
            session.Out.Json(json, CliJson.Default.CidPathJson);
        }
        else
        {
            Line(cid, path);
        }
    }

    public void Tree(string path, TreeJson tree, Cid root)
    {
        Last = root;
        if (session.IsJson)
        {
            session.Out.Json(tree, CliJson.Default.TreeJson);
        }
        else
        {
            Line(root, path);
        }
    }

    public void Failed(string path, Exception exception)
    {
        var (exitCode, message) = Failures.Describe(exception);
        Failed(path, message, exitCode);
    }

    public void Failed(string path, string message, int exitCode)
    {
        _failureCount++;
        _exitCode = _exitCode is 0 || _exitCode == exitCode ? exitCode : ExitCode.NotWell;
        if (_failures.Count < FailuresListedMax)
        {
            _failures.Add((path, message, exitCode));
        }
    }

    /// <returns>The failure's own code when all that was asked for failed in one way; else "not well".</returns>
    public int Finish(int asked)
    {
        session.Out.Flush();
        foreach (var (path, error, exitCode) in _failures)
        {
            if (session.IsJson)
            {
                var json = new FailedItemJson(RawName.JsonText(path), error, exitCode);
                session.Say(System.Text.Json.JsonSerializer.Serialize(json, CliJson.Default.FailedItemJson));
            }
            else
            {
                session.Say($"cimstore: {LineEscape.Escape(path)}: {error.ReplaceLineEndings(" ")}");
            }
        }

        if (_failureCount > _failures.Count)
        {
            session.Say($"cimstore: and {_failureCount - _failures.Count} more");
        }

        return _failureCount == 0 ? ExitCode.Ok : asked == 1 && _failureCount == 1 ? _exitCode : ExitCode.NotWell;
    }

    private void Line(Cid cid, string path)
    {
        if (endsWithNull)
        {
            session.Out.Raw0($"{cid}\t", RawName.Bytes(path));
        }
        else
        {
            session.Out.Line($"{cid}\t{LineEscape.Escape(path)}");
        }
    }
}
