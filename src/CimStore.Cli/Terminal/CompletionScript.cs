using System.CommandLine;
using System.Text;

namespace CimStore.Cli.Terminal;

/// <summary>
/// Completion scripts, written out from the commands themselves: they hold all words, so that no process starts while a
/// person types. What is not a command or an option is completed as a file.
/// </summary>
internal static class CompletionScript
{
    public static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static string For(string shell, Command root)
    {
        var paths = Walk(root, "").ToList();
        return shell switch
        {
            "bash" => Bash(paths),
            "zsh" => Zsh(paths),
            _ => Fish(paths),
        };
    }

    /// <summary>Each command with the words that can follow it: <c>""</c>, <c>"put"</c>, <c>"name set"</c>.</summary>
    private static IEnumerable<(string Path, Command Command)> Walk(Command command, string path)
    {
        yield return (path, command);
        foreach (var child in command.Subcommands.Where(child => !child.Hidden))
        {
            foreach (var below in Walk(child, path.Length == 0 ? child.Name : path + " " + child.Name))
            {
                yield return below;
            }
        }
    }

    private static IEnumerable<(string Word, string About)> Words(Command command)
    {
        foreach (var child in command.Subcommands.Where(child => !child.Hidden))
        {
            yield return (child.Name, child.Description ?? "");
        }

        foreach (var option in Options(command))
        {
            yield return (option.Name, option.Description ?? "");
        }
    }

    private static IEnumerable<Option> Options(Command command)
    {
        var inherited = command.Parents.OfType<Command>().SelectMany(Options).Where(option => option.Recursive);
        return command.Options.Concat(inherited).Where(option => !option.Hidden).DistinctBy(option => option.Name);
    }

    private static string Bash(List<(string Path, Command Command)> paths)
    {
        var script = new StringBuilder(
            """
            # bash completion for cimstore:  source <(cimstore completion bash)
            _cimstore() {
              local current="${COMP_WORDS[COMP_CWORD]}" path="" word words
              for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                case "$word" in -*) continue ;; esac
                case " $_cimstore_commands " in
                  *" ${path:+$path/}$word "*) path="${path:+$path/}$word" ;;
                esac
              done
              case "$path" in

            """);
        foreach (var (path, command) in paths)
        {
            var words = string.Join(' ', Words(command).Select(word => word.Word));
            script.Append($"    '{path.Replace(' ', '/')}') words=\"{words}\" ;;\n");
        }

        var all = string.Join(' ', paths.Skip(1).Select(one => one.Path.Replace(' ', '/')));
        return script.Append(
            $$"""
              esac
              COMPREPLY=($(compgen -W "$words" -- "$current"))
            }
            _cimstore_commands="{{all}}"
            complete -o default -F _cimstore cimstore

            """).ToString();
    }

    private static string Zsh(List<(string Path, Command Command)> paths)
    {
        var script = new StringBuilder(
            """
            #compdef cimstore
            # zsh completion for cimstore:  source <(cimstore completion zsh)
            _cimstore() {
              local path="" word
              local -a found
              for word in ${words[2,CURRENT-1]}; do
                [[ $word == -* ]] && continue
                case "${path:+$path/}$word" in

            """);
        script.Append($"      {string.Join('|', paths.Skip(1).Select(one => one.Path.Replace(' ', '/')))})\n");
        script.Append("        path=\"${path:+$path/}$word\" ;;\n    esac\n  done\n  case \"$path\" in\n");
        foreach (var (path, command) in paths)
        {
            var words = string.Join(' ', Words(command).Select(word =>
                "'" + (word.Word + ":" + word.About.Replace(":", "\\:", StringComparison.Ordinal))
                    .Replace("'", "'\\''", StringComparison.Ordinal) + "'"));
            script.Append($"    '{path.Replace(' ', '/')}') found=({words}) ;;\n");
        }

        return script.Append(
            """
              esac
              _describe 'cimstore' found
              _files
            }
            (( $+functions[compdef] )) && compdef _cimstore cimstore

            """).ToString();
    }

    private static string Fish(List<(string Path, Command Command)> paths)
    {
        var script = new StringBuilder("# fish completion for cimstore:  cimstore completion fish | source\n");
        foreach (var (path, command) in paths)
        {
            var condition = path.Length == 0
                ? "__fish_use_subcommand"
                : string.Join("; and ", path.Split(' ').Select(word => $"__fish_seen_subcommand_from {word}"));
            foreach (var (word, about) in Words(command))
            {
                var kind = word.StartsWith("--", StringComparison.Ordinal) ? $"-l {word[2..]}" : $"-a {word}";
                var text = about.Replace("\\", "\\\\", StringComparison.Ordinal)
                    .Replace("'", "\\'", StringComparison.Ordinal);
                script.Append($"complete -c cimstore -n '{condition}' {kind} -d '{text}'\n");
            }
        }

        return script.ToString();
    }
}
