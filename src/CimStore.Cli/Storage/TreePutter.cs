using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Engine;

namespace CimStore.Cli.Storage;

/// <summary>`put -r`: a line a file as the tree is stored, the root last.</summary>
internal static class TreePutter
{
    public static async Task PutAsync(
        IStorageClient client, string path, StoreRequest request, PutReport report, Progress progress,
        CancellationToken cancellationToken)
    {
        var prefix = path.EndsWith('/') ? path : path + "/";
        long files = 0;
        long directories = 0;
        long links = 0;
        long size = 0;
        using var openable = OpenablePath.Of(path);
        await foreach (var item in new TreeWriter(client, request).WriteAsync(openable.Path, cancellationToken))
        {
            var name = item.IsRoot ? path : prefix + RawName.Text(item.Path.Span);
            if (item.Error is not null)
            {
                report.Failed(name, item.Error, ExitCode.NotWell);
                continue;
            }

            switch (item.Kind)
            {
                case DirectoryEntryKind.Directory:
                    directories++;
                    break;
                case DirectoryEntryKind.Link:
                    links++;
                    break;
                default:
                    files++;
                    size += item.SizeBytes;
                    progress.Add(1, item.SizeBytes);
                    report.Hashed(name, item.Cid!.Value, item.SizeBytes);
                    break;
            }

            if (item.IsRoot)
            {
                var root = item.Cid!.Value;
                var json = new TreeJson(
                    root.ToString(), RawName.JsonText(path), files, directories, links, size);
                report.Tree(path, json, root);
            }
        }
    }
}
