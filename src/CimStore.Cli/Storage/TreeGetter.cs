using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Engine;

namespace CimStore.Cli.Storage;

/// <summary>`get -r`: restores a tree; what cannot be restored is told at the end, the rest is there.</summary>
internal static class TreeGetter
{
    public static async Task<int> GetAsync(
        CliSession session, IStorageClient client, Cid root, string directory, CancellationToken cancellationToken)
    {
        var report = new PutReport(session, endsWithNull: false);
        using var progress = new Progress(session, "restored");
        long files = 0;
        long directories = 0;
        long links = 0;
        long size = 0;
        await foreach (var item in new TreeReader(client).RestoreAsync(root, directory, cancellationToken))
        {
            var name = Path.Combine(directory, RawName.Text(item.Path.Span));
            if (item.Error is not null)
            {
                report.Failed(name, item.Error, ExitCode.NotWell);
                continue;
            }

            directories += item.Kind == DirectoryEntryKind.Directory ? 1 : 0;
            links += item.Kind == DirectoryEntryKind.Link ? 1 : 0;
            if (item.Kind == DirectoryEntryKind.File)
            {
                files++;
                size += item.SizeBytes;
                progress.Add(1, item.SizeBytes);
                session.SayMore(LineEscape.Escape(name));
            }

            if (item.IsRoot)
            {
                report.Tree(
                    directory, new TreeJson(root.ToString(), directory, files, directories, links, size), root);
            }
        }

        return report.Finish(asked: 2);
    }
}
